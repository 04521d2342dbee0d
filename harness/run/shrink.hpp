// From a failing case to the smallest one that still fails in the same way. RapidCheck drives it.
#pragma once

#include <rapidcheck.h>

#include <functional>

#include "harness/core/case.hpp"
#include "harness/core/verdict.hpp"
#include "harness/run/ops.hpp"

namespace mlacheck {

/// RapidCheck's generator of an op's cases, shrinking included: simpler_cases, less what the op
/// calls inadmissible. Values are never shrunk: they follow from the case.
rc::Gen<Case> case_generator(const OpModel& model, const std::vector<Tile>& tiles);

/// Cases that shrinking tries at most.
inline constexpr int kShrinkLimit = 2000;

struct Shrunk {
  Case smallest;
  int tried;  ///< cases run on the way
};

/// `still_fails` must return true for the same kind of failure only. Runs at most `limit` cases.
Shrunk shrink(const OpModel& model, const Case& failing,
              const std::function<bool(const Case&)>& still_fails, int limit = kShrinkLimit);

/// True if `evidence` holds a finding of the same check as the first finding of `original`, where
/// K1 and K7 count as one.
bool same_failure(const Evidence& original, const Evidence& evidence);

}  // namespace mlacheck
