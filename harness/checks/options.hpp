// How much of the battery a case goes through, and which way where a check has several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/verdict/finding.hpp"

namespace mlacheck {

/// How much of the battery a case goes through.
enum class Effort {
  values,  ///< one run against the oracle, and agreement with the baseline
  full,
};

struct BatteryOptions {
  Effort effort = Effort::full;
  bool stop_at_first = false;  ///< skip the remaining checks once one has found something
  /// Checks that may end the process run although others have found something: what they found may be
  /// known.
  bool go_on = false;
  /// Decides which alternative each check takes for this case. A sweep hands on the number of the
  /// case, so that many cases see many of them.
  std::int64_t turn = 0;
  /// Alternatives that findings have named: their checks try these in place of the turn's.
  std::vector<Choice> choices{};
  /// Checks with alternatives try several, and stop at the first that finds something: for a single
  /// case. The cases of a sweep have one alternative each, which differs from case to case.
  bool thorough = false;
  /// Only the units that look for this check, or only the unit of this name. For shrinking.
  std::optional<Check> only{};
  std::string only_unit{};
  /// Of the units that look for K13, which take longest, only the one of this name, or none if it is
  /// empty. For shrinking.
  std::optional<std::string> only_width_unit{};
  /// Skip the remaining checks once this has been found. For shrinking.
  std::optional<Target> until{};
};

}  // namespace mlacheck
