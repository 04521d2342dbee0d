// Reference of the value up-projection: out[t, h, v] = sum over l of x[t, h, l] * w[h, l, v].
//
// Operands x [T, H, L], w [H, L, V] and out [T, H, V] of one type. Of the subject's numerics the
// digits of the accumulator count, and for 16-bit types whether matrix units truncate.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::strided_bmm {

const Oracle& oracle();

}  // namespace mlacheck::strided_bmm
