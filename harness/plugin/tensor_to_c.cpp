#include "harness/plugin/tensor_to_c.hpp"

#include <cstddef>
#include <stdexcept>

namespace mlacheck {

DLDataType to_dlpack(DType dtype) {
  const auto bits = static_cast<std::uint8_t>(8 * size_of(dtype));
  switch (dtype) {
    case DType::bf16:
      return {kDLBfloat, bits, 1};
    case DType::i32:
      return {kDLInt, bits, 1};
    case DType::u8:
      return {kDLUInt, bits, 1};
    case DType::f32:
    case DType::f16:
      break;
  }
  return {kDLFloat, bits, 1};
}

mlacheck_format to_c(CodeFormat format) {
  switch (format) {
    case CodeFormat::e2m1_pairs:
      return MLACHECK_E2M1;
    case CodeFormat::e8m0:
      return MLACHECK_E8M0;
    case CodeFormat::e4m3fn:
      return MLACHECK_E4M3FN;
    case CodeFormat::e4m3fnuz:
      return MLACHECK_E4M3FNUZ;
    case CodeFormat::e5m2:
      return MLACHECK_E5M2;
    case CodeFormat::plain:
      break;
  }
  return MLACHECK_PLAIN;
}

CodeFormat format_from_c(std::int32_t format) {
  for (const CodeFormat candidate : {CodeFormat::e2m1_pairs, CodeFormat::e8m0, CodeFormat::e4m3fn,
                                     CodeFormat::e4m3fnuz, CodeFormat::e5m2}) {
    if (to_c(candidate) == format) return candidate;
  }
  return CodeFormat::plain;
}

std::optional<DType> from_dlpack(DLDataType dtype) {
  for (const DType candidate : {DType::f32, DType::f16, DType::bf16, DType::i32, DType::u8}) {
    const DLDataType known = to_dlpack(candidate);
    if (known.code == dtype.code && known.bits == dtype.bits && dtype.lanes == 1) return candidate;
  }
  return std::nullopt;
}

std::string describe(DLDataType dtype) {
  const char* code = "opaque";
  switch (dtype.code) {
    case kDLInt:
      code = "int";
      break;
    case kDLUInt:
      code = "uint";
      break;
    case kDLFloat:
      code = "float";
      break;
    case kDLBfloat:
      code = "bfloat";
      break;
    default:
      break;
  }
  std::string text = code + std::to_string(dtype.bits);
  if (dtype.lanes != 1) text += "x" + std::to_string(dtype.lanes);
  return text;
}

DLDeviceType device_type_of(const std::string& backend) {
  if (backend == "cuda") return kDLCUDA;
  if (backend == "hip") return kDLROCM;
  return kDLCPU;
}

DLTensor to_dlpack(const Tensor& tensor, DLDeviceType device) {
  DLTensor result{};
  result.data = tensor.data;
  result.device = {device, 0};
  result.ndim = tensor.rank;
  result.dtype = to_dlpack(tensor.dtype);
  // DLPack's pointers are not const, its readers are.
  result.shape = const_cast<std::int64_t*>(tensor.shape.data());
  result.strides = const_cast<std::int64_t*>(tensor.stride.data());
  return result;
}

Tensor from_dlpack(const DLTensor& tensor) {
  const std::optional<DType> dtype = from_dlpack(tensor.dtype);
  if (!dtype) throw std::invalid_argument("element type " + describe(tensor.dtype));
  if (tensor.ndim < 0 || tensor.ndim > kMaxRank) {
    throw std::invalid_argument("rank " + std::to_string(tensor.ndim));
  }
  Tensor result;
  result.dtype = *dtype;
  result.rank = tensor.ndim;
  result.data =
      tensor.data == nullptr ? nullptr : static_cast<std::byte*>(tensor.data) + tensor.byte_offset;
  for (int axis = 0; axis < tensor.ndim; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    result.shape[i] = tensor.shape[axis];
    result.stride[i] = tensor.strides[axis];
  }
  return result;
}

}  // namespace mlacheck
