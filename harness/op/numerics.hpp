// What the arithmetic of a subject promises. Oracles take their bounds from it.
#pragma once

#include <cstdint>

namespace mlacheck {

/// How a quantizer finds the fp32 scale of a group.
enum class ScaleOfGroup : std::uint8_t {
  of_contract,
  division,     ///< fl(m / maximum)
  reciprocal,   ///< fl(m fl(1 / maximum))
  within_ulps,  ///< within Numerics::scale_error_ulps of m / maximum
};

struct Numerics {
  static constexpr int kOfElementType = -1;
  static constexpr int kAllDigits = 53;

  int accumulator_digits = 24;       ///< significand bits of sums of products
  int probability_digits = 24;       ///< of P before it is multiplied by V; or kOfElementType
  double exp_error_ulps = 2;         ///< of exp and log, in units in the last place of fp32
  bool truncating_products = false;  ///< a tensor core that truncates when it aligns addends
  int operand_digits = kAllDigits;   ///< that products keep of their operands, cut or rounded
  int product_digits = kAllDigits;   ///< of a product before it is added; or kOfElementType
  ScaleOfGroup scale_rule = ScaleOfGroup::of_contract;
  double exp_error_absolute = 0;  ///< on top of the ulps
  double log_error_absolute = 0;  ///< likewise, of the natural logarithm
  double division_error_ulps = 0.5;
  double scale_error_ulps = 0;  ///< for ScaleOfGroup::within_ulps
  bool any_nan_code = false;    ///< a NaN element may be quantized to any code

  friend bool operator==(const Numerics&, const Numerics&) = default;
};

}  // namespace mlacheck
