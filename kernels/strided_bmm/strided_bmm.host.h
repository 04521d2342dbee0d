// Host routines of the value up-projection (docs/contracts.md, "strided_bmm").
//
//   x    [B, N, L]      f32, f16 or bf16; any strides
//   w    [N, L, V]      same type; any strides
//   out  [>= B, N, V]   same type; no two elements may share memory. Rows from B on are not touched
#pragma once

#include <cstdint>
#include <limits>

#include "harness/core/argument_checks.hpp"
#include "harness/core/call.hpp"
#include "harness/device/launch.h"
#include "kernels/strided_bmm/strided_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET {

struct BmmOperands {
  Tensor x;
  Tensor w;
  Tensor out;  ///< cut down to its first B rows

  std::int64_t rows() const { return x.shape[0]; }
  std::int64_t heads() const { return x.shape[1]; }
  std::int64_t latent() const { return x.shape[2]; }
  std::int64_t width() const { return w.shape[2]; }
  bool empty() const { return rows() == 0 || heads() == 0 || width() == 0; }
};

namespace bmm {

inline Status check(const Call& call, BmmOperands& operands) {
  operands = {call.tensor("x"), call.tensor("w"), call.tensor("out")};
  const auto& [x, w, out] = operands;
  const auto types = {DType::f32, DType::f16, DType::bf16};
  ArgumentChecker checker;
  checker.operand("x", x, {-1, -1, -1}, types)
      .operand("w", w, {x.shape[1], x.shape[2], -1}, {x.dtype})
      .operand("out", out, {-1, x.shape[1], w.shape[2]}, {x.dtype})
      .require("out", out.shape[0] >= x.shape[0], describe(out),
               "at least the " + std::to_string(x.shape[0]) + " rows of x are needed")
      .no_self_overlap("out", out)
      .disjoint("out", out, "x", x)
      .disjoint("out", out, "w", w);
  if (!checker.ok()) return checker.status();
  operands.out.shape[0] = x.shape[0];
  // Grids are one-dimensional. An element of out needs at most one block, so this bounds them all.
  checker.require("out", operands.out.elements() <= std::numeric_limits<std::int32_t>::max(),
                  describe(out), "fewer than 2^31 elements are needed");
  return checker.status();
}

inline std::int64_t tiles(std::int64_t extent, std::int64_t tile) {
  return (extent + tile - 1) / tile;
}

/// The product into any view [B, N, V] `to`.
template <class T>
Status multiply(const BmmOperands& o, const Tensor& to, LaunchContext& context) {
  typename StridedBmm<T>::Params p{};
  p.x = o.x.as<const T>();
  p.x_stride_b = o.x.stride[0];
  p.x_stride_n = o.x.stride[1];
  p.x_stride_l = o.x.stride[2];
  p.w = o.w.as<const T>();
  p.w_stride_n = o.w.stride[0];
  p.w_stride_l = o.w.stride[1];
  p.w_stride_v = o.w.stride[2];
  p.out = to.as<T>();
  p.out_stride_b = to.stride[0];
  p.out_stride_n = to.stride[1];
  p.out_stride_v = to.stride[2];
  p.rows = o.rows();
  p.width = o.width();
  p.latent = o.latent();
  p.tiles_b = tiles(p.rows, kBmmTileB);
  p.tiles_v = tiles(p.width, kBmmTileV);
  const std::int64_t blocks = o.heads() * p.tiles_b * p.tiles_v;
  return launch<StridedBmm<T>>(context, {static_cast<unsigned>(blocks), 1, 1}, {kBmmThreads, 1, 1},
                               0, p);
}

/// A dense [N, B, V] buffer seen as [B, N, V].
inline Tensor transposed(const Tensor& dense) {
  Tensor view = dense;
  std::swap(view.shape[0], view.shape[1]);
  std::swap(view.stride[0], view.stride[1]);
  return view;
}

template <class T>
Status copy_out(const BmmOperands& o, const Tensor& dense, LaunchContext& context) {
  typename TransposeCopy<T>::Params p{};
  p.from = dense.as<const T>();
  p.out = o.out.as<T>();
  p.out_stride_b = o.out.stride[0];
  p.out_stride_n = o.out.stride[1];
  p.out_stride_v = o.out.stride[2];
  p.heads = o.heads();
  p.rows = o.rows();
  p.width = o.width();
  const std::int64_t blocks = tiles(o.out.elements(), TransposeCopy<T>::kThreads);
  return launch<TransposeCopy<T>>(context, {static_cast<unsigned>(blocks), 1, 1},
                                  {TransposeCopy<T>::kThreads, 1, 1}, 0, p);
}

/// Runs `with_type(T{})` for the element type of the operands.
template <class Function>
Status dispatch(DType dtype, const Function& with_type) {
  switch (dtype) {
    case DType::f32:
      return with_type(float{});
    case DType::f16:
      return with_type(Half{});
    default:
      return with_type(BFloat16{});
  }
}

}  // namespace bmm

/// Straight into the transposed view of out.
inline Status strided_bmm_strided(const Call& call, LaunchContext& context) {
  BmmOperands operands;
  const Status checked = bmm::check(call, operands);
  if (!checked.ok() || operands.empty()) return checked;
  return bmm::dispatch(operands.x.dtype, [&](auto element) {
    return bmm::multiply<decltype(element)>(operands, operands.out, context);
  });
}

/// Into a dense [N, B, V] buffer, then a transposing copy.
inline Status strided_bmm_copy(const Call& call, LaunchContext& context) {
  BmmOperands operands;
  const Status checked = bmm::check(call, operands);
  if (!checked.ok() || operands.empty()) return checked;
  const Tensor dense = context.allocate("dense", operands.x.dtype,
                                        {operands.heads(), operands.rows(), operands.width()});
  if (dense.data == nullptr) return {StatusCode::out_of_memory, "no memory for the dense product"};
  Status status = bmm::dispatch(operands.x.dtype, [&](auto element) {
    using T = decltype(element);
    Status multiplied = bmm::multiply<T>(operands, bmm::transposed(dense), context);
    return multiplied.ok() ? bmm::copy_out<T>(operands, dense, context) : multiplied;
  });
  context.release(dense);
  return status;
}

}  // namespace mlacheck::MLACHECK_TARGET
