// Reference of the quantized batched product: out[t, h, v] = sum over k of x[t, h, k] * w[h, v, k]
// over dequantized operands.
//
// Operands and integers as in docs/contracts.md, "quantized_bmm". Of the subject's numerics the
// digits of the accumulator count, and whether matrix units truncate.
#pragma once

#include <vector>

#include "harness/op/oracle.hpp"

namespace mlacheck::quantized_bmm {

const Oracle& oracle();

/// What the op multiplies: x [T, H, K] of a problem, in logical order, quantized where its form
/// says so, then dequantized to fp32, past whose largest number it is infinite.
std::vector<double> activations(const Problem& problem);

/// Likewise w [H, V, K].
std::vector<double> weights(const Problem& problem);

}  // namespace mlacheck::quantized_bmm
