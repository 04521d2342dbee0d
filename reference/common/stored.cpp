#include "reference/common/stored.hpp"

#include <cmath>

#include "reference/common/bounds.hpp"

namespace mlacheck::reference {

BoundedValue stored_within(DType dtype, double value, double inner) {
  const BoundedValue unknown{value, with_output_rounding(dtype, value, inner)};
  if (!carries_out_store(dtype)) return unknown;
  // Rounding is monotonic: what lies between is rounded to numbers in between.
  const double low = decode(dtype, encode(dtype, value - inner));
  const double high = decode(dtype, encode(dtype, value + inner));
  if (!std::isfinite(low) || !std::isfinite(high)) return unknown;
  if (low == 0 && high == 0 && std::signbit(low) != std::signbit(high)) return {0, kOpenSign};
  if (low == high) return {low, 0};
  // Numbers of 11 digits and less: the middle is exact.
  return {(low + high) / 2, (high - low) / 2};
}

BoundedValue read_back_sum(DType dtype, double terms, const Sums& sums, const DotArithmetic& how) {
  const BoundedValue sum = unstored_sum(terms, sums, how);
  if (!std::isfinite(sum.value)) return {sum.value, 0};
  if (sum.bound == 0) return {decode(dtype, encode(dtype, sum.value)), 0};
  if (!carries_out_store(dtype)) return stored_sum(dtype, terms, sums, how);
  return stored_within(dtype, sum.value, sum.bound);
}

}  // namespace mlacheck::reference
