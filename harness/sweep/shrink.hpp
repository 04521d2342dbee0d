// From a failing case to the smallest one that still fails in the same way.
#pragma once

#include <functional>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// Cases that shrinking tries at most.
inline constexpr int kShrinkLimit = 2000;

struct ShrinkLimits {
  int runs = kShrinkLimit;
  /// True once there is no more time; asked before each run. Empty: there always is.
  std::function<bool()> out_of_time;
};

struct Shrunk {
  Case smallest;
  int tried = 0;         ///< cases run on the way
  bool minimal = false;  ///< nothing simpler fails; false if a limit came first
};

/// Takes the first candidate that still fails, again and again: the simplest case of all, then
/// simpler_cases(), and two_step_cases() where those do not help. `still_fails` must return true
/// for the same failure only, and the same for the same case.
Shrunk shrink(const OpModel& model, const Case& failing,
              const std::function<bool(const Case&)>& still_fails, const ShrinkLimits& limits = {});

/// Those of the candidates that the contract admits.
std::vector<Case> admissible(const OpModel& model, std::vector<Case> candidates);

}  // namespace mlacheck
