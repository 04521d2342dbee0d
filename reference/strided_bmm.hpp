// Oracle of strided_bmm: out[b,n,v] = sum over l of x[b,n,l] w[n,l,v], rounded once.
#pragma once

#include "harness/core/expectation.hpp"

namespace mlacheck {

/// How a subject accumulates; the integer `accumulation` of the problem. docs/bounds.md has the
/// derivation of each bound.
enum class BmmAccumulation : int {
  sequential = 0,   ///< fp32 to nearest, l ascending, one sum: the bundled kernels
  any_order = 1,    ///< fp32 to nearest, any order of summation: cuBLAS on f32
  tensor_core = 2,  ///< exact products, aligned and truncated sums: cuBLAS on f16 and bf16
};

const Oracle& strided_bmm_oracle();

}  // namespace mlacheck
