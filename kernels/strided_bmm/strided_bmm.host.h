// Host routines of the value up-projection (docs/contracts.md, "strided_bmm").
//
//   x    [T, H, L]  f32, f16 or bf16, all three the same; last stride 1
//   w    [H, L, V]  any strides
//   out  [T, H, V]  last stride 1; no two elements share memory
//
// Each routine comes in a form that takes how the product itself is computed, so that a library's
// product can take the place of the bundled one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/strided_copy.host.h"
#include "kernels/common/with_element.h"
#include "kernels/strided_bmm/async_bmm.kernel.h"
#include "kernels/strided_bmm/strided_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

struct BmmTensors {
  Tensor x;
  Tensor w;
  Tensor out;

  std::int64_t rows() const { return out.shape[0]; }
  std::int64_t heads() const { return out.shape[1]; }
  std::int64_t latent() const { return x.shape[2]; }
  std::int64_t columns() const { return out.shape[2]; }
};

/// Computes out from x and w. Arguments have been checked and out has elements.
using Product = Status (*)(const BmmTensors&, LaunchContext&);

inline std::int64_t product_blocks(const BmmTensors& t) {
  if (t.out.elements() == 0) return 0;
  return t.heads() * rounded_up_quotient(t.rows(), kBmmRows) *
         rounded_up_quotient(t.columns(), kBmmColumns);
}

inline Status check_arguments(const BmmTensors& t) {
  ArgumentChecker check;
  check.operand("out", t.out, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .unit_stride("out", t.out, 2)
      .no_self_overlap("out", t.out)
      .operand("x", t.x, {t.rows(), t.heads(), -1}, {t.out.dtype})
      .unit_stride("x", t.x, 2)
      .operand("w", t.w, {t.heads(), t.latent(), t.columns()}, {t.out.dtype})
      .disjoint("out", t.out, "x", t.x)
      .disjoint("out", t.out, "w", t.w);
  if (!check.ok()) return check.status();
  // A copy of out takes at least as many blocks as the product, and one limit for all variants
  // keeps them interchangeable.
  constexpr auto kMost = static_cast<std::int64_t>(kMaxGridX);
  return check
      .require("out", product_blocks(t) <= kMost && copy_blocks(t.out) <= kMost, t.out,
               [] {
                 return "at most 2147483647 blocks of " + std::to_string(kCopyThreads) +
                        " elements can be launched";
               })
      .status();
}

/// True if every row along `inner` has unit stride and starts on a 16-byte boundary, so that it can
/// be read in packs. Offsets along `inner` itself are whole packs.
inline bool packed(const Tensor& tensor, std::size_t inner) {
  const auto element = static_cast<std::int64_t>(size_of(tensor.dtype));
  if (tensor.stride[inner] != 1) return false;
  bool aligned = reinterpret_cast<std::uintptr_t>(tensor.data) % kBmmPackBytes == 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (axis == inner || tensor.shape[axis] <= 1) continue;
    aligned = aligned && tensor.stride[axis] * element % kBmmPackBytes == 0;
  }
  return aligned;
}

template <class T>
BmmParams<T> params_of(const BmmTensors& t) {
  const bool latent_inner = t.w.stride[1] == 1 && t.w.stride[2] != 1;
  return {.x = t.x.as<const T>(),
          .x_row = t.x.stride[0],
          .x_head = t.x.stride[1],
          .w = t.w.as<const T>(),
          .w_head = t.w.stride[0],
          .w_latent = t.w.stride[1],
          .w_column = t.w.stride[2],
          .out = t.out.as<T>(),
          .out_row = t.out.stride[0],
          .out_head = t.out.stride[1],
          .rows = t.rows(),
          .heads = t.heads(),
          .latent = t.latent(),
          .columns = t.columns(),
          .x_packed = packed(t.x, 2),
          .w_packed = packed(t.w, latent_inner ? 1 : 2),
          .w_latent_inner = latent_inner};
}

/// The bundled product. L = 0 writes +0.
inline Status tiled_product(const BmmTensors& t, LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(product_blocks(t));
  return with_element(t.out.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    return launch<TiledBmm<T>>(context, {blocks}, {kBmmThreads}, 0, params_of<T>(t));
  });
}

/// The same with tiles on their way while others are worked on.
inline Status async_product(const BmmTensors& t, LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(product_blocks(t));
  return with_element(t.out.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    return launch<AsyncBmm<T>>(context, {blocks}, {kBmmThreads}, 0, params_of<T>(t));
  });
}

inline Status no_scratch(std::string_view name, const Tensor& like) {
  return {StatusCode::out_of_memory,
          "strided_bmm: no scratch " + std::string(name) + " for " + describe(like)};
}

/// The product goes straight into the caller's buffer, whatever its strides.
inline Status run_strided(const Call& call, LaunchContext& context, Product product) {
  const BmmTensors tensors{call.tensor("x"), call.tensor("w"), call.tensor("out")};
  if (Status status = check_arguments(tensors); !status.ok()) return status;
  if (tensors.out.elements() == 0) return {};
  return product(tensors, context);
}

/// The product goes into a dense temporary [H, T, V], which is then copied into the caller's
/// buffer.
inline Status run_copy(const Call& call, LaunchContext& context, Product product) {
  const BmmTensors tensors{call.tensor("x"), call.tensor("w"), call.tensor("out")};
  if (Status status = check_arguments(tensors); !status.ok()) return status;
  if (tensors.out.elements() == 0) return {};
  Tensor dense = context.allocate("dense_product", tensors.out.dtype,
                                  {tensors.heads(), tensors.rows(), tensors.columns()});
  if (dense.data == nullptr) return no_scratch("dense_product", tensors.out);
  // Seen as [T, H, V].
  dense.shape = tensors.out.shape;
  dense.stride = {tensors.columns(), tensors.rows() * tensors.columns(), 1};
  if (Status status = product({tensors.x, tensors.w, dense}, context); !status.ok()) return status;
  if (Status status = strided_copy(dense, tensors.out, context); !status.ok()) return status;
  context.release(dense);
  return {};
}

/// Baseline: what the optimisation replaced.
inline Status copy(const Call& call, LaunchContext& context) {
  return run_copy(call, context, &tiled_product);
}

inline Status strided(const Call& call, LaunchContext& context) {
  return run_strided(call, context, &tiled_product);
}

inline Status async(const Call& call, LaunchContext& context) {
  return run_strided(call, context, &async_product);
}

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
