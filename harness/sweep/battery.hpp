// The battery for one case of an op.
#pragma once

#include "harness/checks/battery.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// Runs `subject` on `c` through all checks (docs/checks.md), against `baseline` if it is not
/// null.
inline CaseResult run_case(const OpEntry& op, const Case& c, const Subject& subject,
                           const Subject* baseline, Backend& backend,
                           const BatteryOptions& options = {}) {
  return run_battery({*op.model, *op.oracle, c, subject, baseline, backend}, options);
}

}  // namespace mlacheck
