#include "harness/plugin/promises.hpp"

#include <string>

namespace mlacheck {

Agreement agreement_of(const TableReader& reader, std::int32_t value) {
  switch (reader.one_of("subjects.agreement", value,
                        {MLACHECK_BITWISE, MLACHECK_WITHIN_BOUND, MLACHECK_SELF_BITWISE})) {
    case MLACHECK_BITWISE:
      return Agreement::bitwise;
    case MLACHECK_WITHIN_BOUND:
      return Agreement::within_bound;
    default:
      return Agreement::self_bitwise;
  }
}

Conventions conventions_of(const TableReader& reader, const mlacheck_conventions& c,
                           Agreement agreement) {
  Conventions result;
  if (reader.one_of("conventions.lse_base", c.lse_base, {0, 2}) == 2) {
    result.lse_base = Conventions::LseBase::two;
  }
  if (reader.one_of("conventions.lse_layout", c.lse_layout, {0, 1}) == 1) {
    result.lse_layout = Conventions::LseLayout::tokens_heads;
  }
  result.plus_infinity_is_empty =
      reader.one_of("conventions.plus_infinity", c.plus_infinity, {0, 1}) == 0;
  result.refuses_overlap = reader.one_of("conventions.overlap", c.overlap, {0, 1}) == 0;
  const std::int32_t zero_sign = reader.one_of("conventions.zero_sign", c.zero_sign, {0, 1, 2});
  result.zero_has_sign = zero_sign == 2 || (zero_sign == 0 && agreement == Agreement::bitwise);
  result.batch_invariant = reader.one_of("conventions.batch", c.batch, {0, 1}) == 0;
  return result;
}

Numerics numerics_of(const TableReader& reader, const mlacheck_numerics& n) {
  Numerics result;
  // Codes of quantized ops have four digits at most, and their products eight: those keep all.
  constexpr std::int32_t kLeast = 8;
  result.accumulator_digits = reader.digits("numerics.accumulator_digits", n.accumulator_digits,
                                            result.accumulator_digits, 2);
  result.probability_digits = reader.digits_or_those_of_the_type(
      "numerics.probability_digits", n.probability_digits, result.probability_digits, 2);
  result.operand_digits =
      reader.digits("numerics.operand_digits", n.operand_digits, result.operand_digits, kLeast);
  result.product_digits = reader.digits_or_those_of_the_type(
      "numerics.product_digits", n.product_digits, result.product_digits, kLeast);
  const std::string units = "0 or a number of units up to 1000000";
  const double exp_error = reader.number("numerics.exp_error_ulps", n.exp_error_ulps, 1e6, units);
  if (exp_error > 0) result.exp_error_ulps = exp_error;
  result.truncating_products =
      reader.one_of("numerics.truncating_products", n.truncating_products, {0, 1}) == 1;
  const std::string absolute = "0 or an error up to 1";
  result.exp_error_absolute =
      reader.number("numerics.exp_error_absolute", n.exp_error_absolute, 1, absolute);
  result.log_error_absolute =
      reader.number("numerics.log_error_absolute", n.log_error_absolute, 1, absolute);
  const double division_error =
      reader.number("numerics.division_error_ulps", n.division_error_ulps, 1e6, units);
  if (division_error > 0) result.division_error_ulps = division_error;
  result.scale_rule = static_cast<ScaleOfGroup>(
      reader.one_of("numerics.scale_rule", n.scale_rule,
                    {MLACHECK_SCALE_OF_CONTRACT, MLACHECK_SCALE_DIVISION, MLACHECK_SCALE_RECIPROCAL,
                     MLACHECK_SCALE_WITHIN_ULPS}));
  const bool has_units = n.scale_rule == MLACHECK_SCALE_WITHIN_ULPS;
  result.scale_error_ulps =
      reader.number("numerics.scale_error_ulps", n.scale_error_ulps, has_units ? 1000 : 0,
                    has_units ? "a number of units up to 1000"
                              : "0, where scale_rule is not MLACHECK_SCALE_WITHIN_ULPS,");
  result.any_nan_code = reader.one_of("numerics.nan_codes", n.nan_codes, {0, 1}) == 1;
  reader.zero("numerics.reserved", n.reserved);
  return result;
}

}  // namespace mlacheck
