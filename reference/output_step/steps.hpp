// The steps of an output step as problems of the ops that do them.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/oracle.hpp"

namespace mlacheck::output_step {

using Bits = std::vector<std::uint32_t>;

/// `values` by the product: its answer does not depend on what a run has written.
ExpectedTensor expect_values(const Problem& problem);

/// `codes` and `scales` of these values. Where the scale of a group is not determined, its codes are
/// judged by `scales`, which a run has written, or by the exact ones if null.
std::vector<ExpectedTensor> expect_quantized(const Problem& problem, const Bits& values,
                                             const Bits* scales);

/// `out` of what the projection takes: values, or codes and scales.
ExpectedTensor expect_plain(const Problem& problem, const Bits& values);
ExpectedTensor expect_mxfp4(const Problem& problem, const Bits& codes, const Bits& scales);
ExpectedTensor expect_fp8(const Problem& problem, const Bits& codes, const Bits& scales);

}  // namespace mlacheck::output_step
