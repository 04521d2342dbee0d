// Reference of the value up-projection: out[b, n, v] = sum over l of x[b, n, l] * w[n, l, v].
//
// Operands x [B, N, L], w [N, L, V] and out [B, N, V] of one type. Integer `tensor_core`: 1 if the
// subject may use matrix units that truncate, which takes another bound.
#pragma once

#include "harness/core/expectation.hpp"

namespace mlacheck {

const Oracle& strided_bmm_oracle();

}  // namespace mlacheck
