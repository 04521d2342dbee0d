// When sums of MXFP4 products are exact, whatever the order, the splits, the tiles, and whether the
// matrix unit rounds or cuts.
//
// Products of two E2M1 numbers are multiples of 1/4 of magnitude 36 at most, which is 144 quarters.
// Let D be the spread (largest less smallest) of the sums of both blocks' exponents over one dot
// product, blocks of zeros left out. All partial sums are multiples of a quarter of the smallest
// block's unit, and there are at most 144 K 2^D of those: if that is no more than 2^24, an
// accumulator of 24 digits rounds nothing. The oracle's own test (a bound of 0) looks at the
// products themselves and accepts more; this one looks at scales alone.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck::quantized_bmm {

/// The largest D with 144 `terms` 2^D <= 2^24, or -1 where not even D = 0 will do.
int widest_exact_spread(std::int64_t terms);

/// For each element of `out` of a quantized_bmm problem of form 0 or 1, in logical order: whether
/// its scales prove the sum exact in 24 digits.
std::vector<bool> exact_by_scales(const Problem& problem);

}  // namespace mlacheck::quantized_bmm
