// Tensors on both sides of the C interface (harness/abi/subject.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/abi/subject.h"
#include "harness/values/tensor.hpp"

namespace mlacheck {

/// DLPack's description of an element type.
DLDataType to_dlpack(DType dtype);

/// The tag of the interface for a format, and back; PLAIN for a number that is no tag.
mlacheck_format to_c(CodeFormat format);
CodeFormat format_from_c(std::int32_t format);

/// Nothing for a type that no op uses.
std::optional<DType> from_dlpack(DLDataType dtype);

/// "uint8x4": how messages name a DLPack type.
std::string describe(DLDataType dtype);

/// Where operands of a backend lie.
DLDeviceType device_type_of(const std::string& backend);

/// The DLTensor of `tensor`; shape and strides point into `tensor`, which must outlive it.
DLTensor to_dlpack(const Tensor& tensor, DLDeviceType device);

/// The inverse but for format and role, which a DLTensor has no place for. The rank must be at most
/// kMaxRank and the type known.
Tensor from_dlpack(const DLTensor& tensor);

}  // namespace mlacheck
