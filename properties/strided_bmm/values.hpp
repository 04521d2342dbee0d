// Contents of the two inputs of the value up-projection, drawn together so that their products mean
// something.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/values/dtype.hpp"

namespace mlacheck::strided_bmm {

enum class Values {
  integers,        ///< both in [-4, 4]
  large_integers,  ///< sums stay exact in fp32 and need more digits than a 16-bit output has
  x_positions,     ///< x holds each element's index, w selects: out[t, h, v] = x[t, h, v mod L]
  w_positions,     ///< w holds them, x selects: out[t, h, v] = w[h, (t + h) mod L, v]
  normal,
  wide,        ///< exponents spread over 2^-12 to 2^12 in each input
  cancelling,  ///< terms 2i and 2i+1 of a sum nearly cancel
  one_signed,
  tiny,  ///< x around the smallest normal number, w of order one
  zeros,
  special,   ///< normal, but one row of x in four and one column of w in eight hold an infinity, a
             ///< NaN, or infinities of both signs
  overflow,  ///< sums around the largest fp16 number
  alone,  ///< rows of x of NaN, of infinities of one sign, of the largest numbers of one sign, of
          ///< subnormals or of zeros and nothing else; columns of w that sum or select
};

/// True if every sum is exact in fp32 for sums of up to about 1000 terms, or has no rounding.
bool exact_sums(Values values);

struct Sizes {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t latent;
  std::int64_t columns;
};

/// Bits of x [T, H, L] and w [H, L, V] in logical order. An element depends on its logical index,
/// on the sizes of its own operand, and on the seed.
std::vector<std::uint32_t> bits_of_x(Values values, DType dtype, std::uint64_t seed,
                                     const Sizes& sizes);
std::vector<std::uint32_t> bits_of_w(Values values, DType dtype, std::uint64_t seed,
                                     const Sizes& sizes);

}  // namespace mlacheck::strided_bmm
