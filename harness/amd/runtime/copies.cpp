// Copies and fills by the driver's names, of rows with a pitch, and of elements of two and four bytes.
#include <cstdint>

#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::Copy;
using mlacheck::amd::device_call;
using mlacheck::amd::Fill;
using mlacheck::amd::Runtime;

namespace {

struct Rows {
  void* to;
  std::size_t to_pitch;
  const void* from;
  std::size_t from_pitch;
  std::size_t width;
  std::size_t height;
};

hipError_t copy_rows(Runtime& runtime, const Rows& rows, hipMemcpyKind kind, hipStream_t stream) {
  if (kind > hipMemcpyDefault) return hipErrorInvalidMemcpyDirection;
  if (rows.width == 0 || rows.height == 0) return hipSuccess;
  if (rows.to == nullptr || rows.from == nullptr) return hipErrorInvalidValue;
  if (rows.width > rows.to_pitch || rows.width > rows.from_pitch) return hipErrorInvalidPitchValue;
  for (std::size_t row = 0; row < rows.height; ++row) {
    const Copy copy{static_cast<std::byte*>(rows.to) + row * rows.to_pitch,
                    static_cast<const std::byte*>(rows.from) + row * rows.from_pitch, rows.width,
                    kind};
    if (const hipError_t error = runtime.submit(stream, copy); error != hipSuccess) return error;
  }
  return hipSuccess;
}

hipError_t fill_rows(Runtime& runtime, void* to, std::size_t pitch, int value, std::size_t width,
                     std::size_t height, hipStream_t stream) {
  if (width > pitch) return hipErrorInvalidPitchValue;
  for (std::size_t row = 0; row < height; ++row) {
    const Fill fill{static_cast<std::byte*>(to) + row * pitch, value, width};
    if (const hipError_t error = runtime.submit(stream, fill); error != hipSuccess) return error;
  }
  return hipSuccess;
}

template <class Value>
Fill elements(hipDeviceptr_t to, Value value, std::size_t count) {
  return {to, static_cast<int>(value), count * sizeof value, sizeof value};
}

}  // namespace

extern "C" {

hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void* from, std::size_t bytes) {
  return hipMemcpy(to, from, bytes, hipMemcpyHostToDevice);
}
hipError_t hipMemcpyDtoH(void* to, hipDeviceptr_t from, std::size_t bytes) {
  return hipMemcpy(to, from, bytes, hipMemcpyDeviceToHost);
}
hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, std::size_t bytes) {
  return hipMemcpy(to, from, bytes, hipMemcpyDeviceToDevice);
}
hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void* from, std::size_t bytes,
                              hipStream_t stream) {
  return hipMemcpyAsync(to, from, bytes, hipMemcpyHostToDevice, stream);
}
hipError_t hipMemcpyDtoHAsync(void* to, hipDeviceptr_t from, std::size_t bytes,
                              hipStream_t stream) {
  return hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToHost, stream);
}
hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, std::size_t bytes,
                              hipStream_t stream) {
  return hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToDevice, stream);
}

hipError_t hipMemcpyWithStream(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind,
                               hipStream_t stream) {
  const hipError_t error = hipMemcpyAsync(to, from, bytes, kind, stream);
  return error != hipSuccess ? error : hipStreamSynchronize(stream);
}

hipError_t hipMemcpy2D(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                       std::size_t width, std::size_t height, hipMemcpyKind kind) {
  return mlacheck::amd::blocking_call([&](Runtime& runtime) {
    return copy_rows(runtime, {to, to_pitch, from, from_pitch, width, height}, kind, nullptr);
  });
}

hipError_t hipMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                            std::size_t from_pitch, std::size_t width, std::size_t height,
                            hipMemcpyKind kind, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    return copy_rows(runtime, {to, to_pitch, from, from_pitch, width, height}, kind, stream);
  });
}

hipError_t hipMemset2D(void* to, std::size_t pitch, int value, std::size_t width,
                       std::size_t height) {
  return mlacheck::amd::blocking_call([&](Runtime& runtime) {
    return fill_rows(runtime, to, pitch, value, width, height, nullptr);
  });
}

hipError_t hipMemset2DAsync(void* to, std::size_t pitch, int value, std::size_t width,
                            std::size_t height, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    return fill_rows(runtime, to, pitch, value, width, height, stream);
  });
}

hipError_t hipMemsetD8(hipDeviceptr_t to, unsigned char value, std::size_t count) {
  return hipMemset(to, value, count);
}
hipError_t hipMemsetD8Async(hipDeviceptr_t to, unsigned char value, std::size_t count,
                            hipStream_t stream) {
  return hipMemsetAsync(to, value, count, stream);
}
hipError_t hipMemsetD16(hipDeviceptr_t to, unsigned short value, std::size_t count) {
  return mlacheck::amd::blocking_call(
      [&](Runtime& runtime) { return runtime.submit(nullptr, elements(to, value, count)); });
}
hipError_t hipMemsetD16Async(hipDeviceptr_t to, unsigned short value, std::size_t count,
                             hipStream_t stream) {
  return device_call(
      [&](Runtime& runtime) { return runtime.submit(stream, elements(to, value, count)); });
}
hipError_t hipMemsetD32(hipDeviceptr_t to, int value, std::size_t count) {
  return mlacheck::amd::blocking_call(
      [&](Runtime& runtime) { return runtime.submit(nullptr, elements(to, value, count)); });
}
hipError_t hipMemsetD32Async(hipDeviceptr_t to, int value, std::size_t count, hipStream_t stream) {
  return device_call(
      [&](Runtime& runtime) { return runtime.submit(stream, elements(to, value, count)); });
}

}  // extern "C"
