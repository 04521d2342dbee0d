// Reference of form 2 of quantized_bmm: activations quantized to FP8 in groups of 128, FP8 weights
// with one scale, an optional bias.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::quantized_bmm {

/// Values and bounds of `out`.
ExpectedTensor expect_fp8(const Problem& problem);

}  // namespace mlacheck::quantized_bmm
