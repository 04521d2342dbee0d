// Copy of a rank-3 tensor to another one of its shape, both with strides of their own.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kCopyThreads = 128;

/// Element (i, j, k) of from goes to element (i, j, k) of to.
template <class T>
struct CopyParams {
  const T* from;
  std::int64_t from_stride[3];
  T* to;
  std::int64_t to_stride[3];
  std::int64_t extent[3];
};

// One thread an element, k fastest.
template <class T>
struct StridedCopy {
  static constexpr const char* kName = "strided_copy";
  using Params = CopyParams<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * kCopyThreads + threadIdx.x;
    const std::int64_t k = index % p.extent[2];
    const std::int64_t j = index / p.extent[2] % p.extent[1];
    const std::int64_t i = index / p.extent[2] / p.extent[1];
    if (i >= p.extent[0]) return;
    p.to[i * p.to_stride[0] + j * p.to_stride[1] + k * p.to_stride[2]] =
        p.from[i * p.from_stride[0] + j * p.from_stride[1] + k * p.from_stride[2]];
  }
};

}  // namespace mlacheck::MLACHECK_TARGET
