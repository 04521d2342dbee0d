#include "harness/compare/compare.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "harness/compare/mismatch_report.hpp"

namespace mlacheck {
namespace {

// A handful of elements may all be small, or equal, by chance.
constexpr std::int64_t kEnoughToJudge = 16;

enum class Class { nan, infinite, finite };

Class class_of(double value) {
  if (std::isnan(value)) return Class::nan;
  return std::isinf(value) ? Class::infinite : Class::finite;
}

// The smallest magnitude that rounds to infinity: half an ulp above the largest finite value.
double overflow_threshold(DType dtype) {
  const double largest = largest_finite(dtype);
  return largest + 0.5 * (largest - decode(dtype, encode(dtype, largest) - 1));
}

bool code_passes(DType dtype, const ExpectedTensor& expected, std::size_t i, std::uint32_t got) {
  const std::uint32_t free = expected.free_bits.empty() ? 0 : expected.free_bits[i];
  if (((got ^ encode(dtype, expected.value[i])) & ~free) == 0) return true;
  return !expected.other.empty() && ((got ^ encode(dtype, expected.other[i])) & ~free) == 0;
}

bool passes(const Operand& operand, const ExpectedTensor& expected, std::size_t i,
            std::uint32_t got_bits) {
  const DType dtype = operand.dtype;
  if (!is_floating(dtype)) return code_passes(dtype, expected, i, got_bits);
  const double value = expected.value[i];
  const double bound = expected.bound[i];
  const double got = decode(dtype, got_bits);
  if (class_of(value) == Class::nan) return class_of(got) == Class::nan;
  if (class_of(value) == Class::infinite) return got == value;
  if (class_of(got) == Class::nan) return false;
  if (class_of(got) == Class::infinite) {
    return std::signbit(got) == std::signbit(value) &&
           std::fabs(value) + bound >= overflow_threshold(dtype);
  }
  // From here on both are finite.
  if (bound == 0 && value == 0 && !operand.zero_has_sign) return got == 0;
  if (bound == 0) return got_bits == encode(dtype, value);
  if (std::fabs(value) - bound >= overflow_threshold(dtype)) return false;
  return std::fabs(got - value) <= bound;
}

void count_ratio(Comparison& result, double error, double bound) {
  const double ratio = bound > 0 ? error / bound : 0;
  result.worst_ratio = std::max(result.worst_ratio, ratio);
  const auto bin = static_cast<std::size_t>(std::min(10.0, std::floor(ratio * 10.0)));
  ++result.ratios[ratio > 1 ? 10 : std::min<std::size_t>(bin, 9)];
}

// The type has no number but zero and its smallest one that close, so no oracle could say more than the
// bound does. Such an element proves as little as a zero.
bool is_near_zero(DType dtype, double value, double bound) {
  const double half = underflow_error(dtype);
  return std::fabs(value) <= half && bound <= 2 * half;
}

}  // namespace

Comparison compare_with_oracle(const Operand& operand, const ExpectedTensor& expected,
                               const std::vector<std::uint32_t>& got, const Unwritten& unwritten) {
  Comparison result;
  std::int64_t failures_unwritten = 0;
  MismatchReport report(operand);
  std::vector<double> bounds;  // of inexact elements
  double largest_value = 0;
  std::int64_t inexact = 0;
  std::int64_t near_zero = 0;
  std::int64_t judged_exactly = 0;  // without zeros, which prove little
  bool all_same = true;
  std::uint32_t first_bits = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (operand.cell(i) != Cell::live) continue;
    const double value = expected.value[i];
    const double bound = expected.bound[i];
    ++result.compared;
    const bool finite = class_of(value) == Class::finite;
    if (bound == 0 || !finite || !is_floating(operand.dtype)) {
      ++result.exact;
      judged_exactly += finite && value != 0 ? 1 : 0;
    } else {
      if (inexact++ == 0) first_bits = got[i];
      all_same = all_same && got[i] == first_bits;
      if (is_near_zero(operand.dtype, value, bound)) {
        ++near_zero;
      } else {
        bounds.push_back(bound);
      }
      largest_value = std::max(largest_value, std::fabs(value));
      const double decoded = decode(operand.dtype, got[i]);
      if (class_of(decoded) == Class::finite)
        count_ratio(result, std::fabs(decoded - value), bound);
    }
    const bool pass = passes(operand, expected, i, got[i]);
    const bool untouched = !unwritten.elements.empty() && unwritten.elements[i];
    report.add(i, pass, got[i], value, bound, untouched);
    if (pass) continue;
    ++result.failures;
    failures_unwritten += untouched ? 1 : 0;
  }
  result.only_unwritten = result.failures > 0 && failures_unwritten == result.failures;
  const auto wide = std::ranges::count_if(bounds, [&](double b) { return b > largest_value; });
  const std::int64_t judged = inexact - near_zero;
  result.vacuous =
      judged >= kEnoughToJudge && largest_value > 0 && 2 * wide >= judged + judged_exactly;
  result.constant = inexact >= kEnoughToJudge && all_same;
  if (result.failures > 0) result.report = report.text();
  return result;
}

Comparison compare_bitwise(const Operand& operand, const std::vector<std::uint32_t>& first,
                           const std::vector<std::uint32_t>& second, const std::string& first_name,
                           const std::string& second_name, const Unwritten& unwritten) {
  Comparison result;
  std::int64_t failures_unwritten = 0;
  MismatchReport report(operand, first_name, second_name, unwritten.both);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (operand.cell(i) != Cell::live) continue;
    ++result.compared;
    ++result.exact;
    const bool pass = first[i] == second[i];
    const bool untouched = !unwritten.elements.empty() && unwritten.elements[i];
    report.add(i, pass, second[i], first[i], untouched);
    if (pass) continue;
    ++result.failures;
    failures_unwritten += untouched ? 1 : 0;
  }
  result.only_unwritten = result.failures > 0 && failures_unwritten == result.failures;
  if (result.failures > 0) result.report = report.text();
  return result;
}

}  // namespace mlacheck
