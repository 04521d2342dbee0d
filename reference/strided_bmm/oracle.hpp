// Reference of the value up-projection: out[b, n, v] = sum over l of x[b, n, l] * w[n, l, v].
//
// Operands x [B, N, L], w [N, L, V] and out [B, N, V] of one type. Of the subject's numerics the
// digits of the accumulator count, and for 16-bit types whether matrix units truncate.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::strided_bmm {

const Oracle& oracle();

}  // namespace mlacheck::strided_bmm
