// Host routines of negate (docs/contracts.md, "negate").
//
//   x, out  [T, V]  f32, f16 or bf16, the same; last stride 1
#pragma once

#include <cstdint>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/with_element.h"
#include "kernels/negate/negate.kernel.h"

namespace mlacheck::MLACHECK_TARGET::negate {

template <template <class> class Kernel>
Status run(const Call& call, LaunchContext& context, bool block_a_row) {
  const Tensor& x = call.tensor("x");
  const Tensor& out = call.tensor("out");
  ArgumentChecker check;
  check.operand("x", x, {-1, -1}, {DType::f32, DType::f16, DType::bf16})
      .unit_stride("x", x, 1)
      .operand("out", out, {x.shape[0], x.shape[1]}, {x.dtype})
      .unit_stride("out", out, 1)
      .no_self_overlap("out", out)
      .disjoint("out", out, "x", x);
  if (!check.ok()) return check.status();
  const std::int64_t elements = x.shape[0] * x.shape[1];
  if (elements == 0) return {};
  const std::int64_t blocks =
      block_a_row ? x.shape[0] : rounded_up_quotient(elements, std::int64_t{kThreads});
  check.integer_within("out", blocks, 0, kMaxGridX);
  if (!check.ok()) return check.status();
  return with_element(x.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    return launch<Kernel<T>>(context, {static_cast<unsigned>(blocks)}, {kThreads}, 0,
                             Params<T>{static_cast<const T*>(x.data), static_cast<T*>(out.data),
                                       x.stride[0], out.stride[0], x.shape[0], x.shape[1]});
  });
}

inline Status plain(const Call& call, LaunchContext& context) {
  return run<Plain>(call, context, false);
}

inline Status flipped(const Call& call, LaunchContext& context) {
  return run<Rows>(call, context, true);
}

}  // namespace mlacheck::MLACHECK_TARGET::negate
