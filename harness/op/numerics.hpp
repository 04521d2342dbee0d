// What the arithmetic of a subject promises. Oracles take their bounds from it.
#pragma once

namespace mlacheck {

struct Numerics {
  static constexpr int kOfElementType = -1;

  int accumulator_digits = 24;       ///< significand bits of sums of products
  int probability_digits = 24;       ///< of P before it is multiplied by V; or kOfElementType
  double exp_error_ulps = 2;         ///< of exp and log, in units in the last place of fp32
  bool truncating_products = false;  ///< a tensor core that truncates when it aligns addends

  friend bool operator==(const Numerics&, const Numerics&) = default;
};

}  // namespace mlacheck
