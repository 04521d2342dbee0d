// Launches StridedCopy.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/strided_copy.kernel.h"
#include "kernels/common/with_element.h"

namespace mlacheck::MLACHECK_TARGET {

inline std::int64_t copy_blocks(const Tensor& tensor) {
  return rounded_up_quotient(tensor.elements(), kCopyThreads);
}

/// Copies a rank-3 tensor with elements into another one of its shape and type.
inline Status strided_copy(const Tensor& from, const Tensor& to, LaunchContext& context) {
  const std::int64_t wanted = copy_blocks(from);
  if (wanted > static_cast<std::int64_t>(kMaxGridX)) {
    return {StatusCode::unsupported, "strided_copy: " + describe(from) + " is too large to copy"};
  }
  const auto blocks = static_cast<unsigned>(wanted);
  return with_element(from.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    const CopyParams<T> params{.from = from.as<const T>(),
                               .from_stride = {from.stride[0], from.stride[1], from.stride[2]},
                               .to = to.as<T>(),
                               .to_stride = {to.stride[0], to.stride[1], to.stride[2]},
                               .extent = {to.shape[0], to.shape[1], to.shape[2]}};
    context.record_traffic(Traffic::copy,
                           static_cast<std::uint64_t>(to.elements()) * size_of(to.dtype));
    return launch<StridedCopy<T>>(context, {blocks}, {kCopyThreads}, 0, params);
  });
}

}  // namespace mlacheck::MLACHECK_TARGET
