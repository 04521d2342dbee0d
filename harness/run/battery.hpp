// The battery: every check that one case of one subject goes through, and the verdict.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/compare/compare.hpp"
#include "harness/core/verdict.hpp"
#include "harness/run/ops.hpp"

namespace mlacheck {

struct CaseResult {
  Verdict verdict = Verdict::untested;
  Evidence evidence;
  std::vector<Check> checks;  ///< those that were carried out, each once
  double worst_ratio = 0;     ///< share of the bound used
  RatioHistogram ratios{};
  std::string rule;  ///< how the bounds were derived
};

/// Runs `subject` on `c`: twice under two poisons (K3, K5), once on the layout twin (K2), against
/// the oracle (K1 or K7), and against `baseline` if it is not null (eq). Stops early where a later
/// check would only repeat a finding.
CaseResult run_case(const OpEntry& op, const Case& c, const Subject& subject,
                    const Subject* baseline, Backend& backend);

}  // namespace mlacheck
