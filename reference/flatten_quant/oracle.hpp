// Oracle of flatten_quant: the codes and scales of x [T, H, V], group by group of each head, by the
// quantizers of reference/common/quantize.hpp. The contract is in docs/contracts.md.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::flatten_quant {

/// Bit-exact: every bound is 0.
///
/// Of integer `form`: 0 is MXFP4 with the rule `even` and the policy `special_block`; 1 is FP8 with
/// scales fl(max(amax, 1e-10) / maximum) along the columns; 2 the same with scales along T.
const Oracle& oracle();

}  // namespace mlacheck::flatten_quant
