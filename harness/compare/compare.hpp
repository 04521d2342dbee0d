// Comparators. Each states a pass condition per element and negates it, so that NaN never passes by
// accident, and decides per element, never by a norm or a mean.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/oracle.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

/// |got - value| / bound in ten steps of 0.1, and one bin for more than 1. Exact elements are not
/// counted.
using RatioHistogram = std::array<std::int64_t, 11>;

struct Comparison {
  std::int64_t compared = 0;  ///< live elements looked at
  std::int64_t exact = 0;     ///< of those, how many had to match bit for bit
  std::int64_t failures = 0;
  double worst_ratio = 0;  ///< largest error / bound among elements with a finite value and bound
  RatioHistogram ratios{};
  /// 16 or more inexact elements, and half of all have a bound above every magnitude. Exact zeros
  /// do not count, nor what the type cannot tell from zero.
  bool vacuous = false;
  bool constant = false;  ///< 16 or more inexact elements, all with the same bits
  std::string report;     ///< empty if nothing failed; else several lines
  /// Every element that failed was never written.
  bool only_unwritten = false;
};

/// Elements of an output that a run never wrote, in logical order.
struct Unwritten {
  std::vector<bool> elements;  ///< empty: none, or not known
  bool both = false;           ///< of two results: neither of the two wrote them
};

/// Got bits (logical order) against the oracle's answer. Only live cells count. Rules, in order:
/// integers must be equal, but for free bits, or be the other one that is right; NaN must meet NaN;
/// an infinity must meet the same infinity, except that a finite value within its bound of the
/// overflow threshold may go either way; bound 0 asks for the bits of the rounded value, sign of
/// zero included; otherwise |got - value| <= bound, where the sign of a zero is free: a sum that
/// cancels may round to zero from either side.
Comparison compare_with_oracle(const Operand& operand, const ExpectedTensor& expected,
                               const std::vector<std::uint32_t>& got,
                               const Unwritten& unwritten = {});

/// Two results that must be bit-equal on live cells. The texts name the sides: "copy", "strided".
/// `unwritten` is about the first one, unless it says both.
Comparison compare_bitwise(const Operand& operand, const std::vector<std::uint32_t>& first,
                           const std::vector<std::uint32_t>& second, const std::string& first_name,
                           const std::string& second_name, const Unwritten& unwritten = {});

}  // namespace mlacheck
