// The battery: every check that one case of one subject goes through, in order.
#pragma once

#include <optional>
#include <vector>

#include "harness/checks/session.hpp"

namespace mlacheck {

/// One check, or several that share their runs. `run` says by Session::carried_out which of them it
/// really did: a check that does not apply to a case is not counted for it.
struct CheckUnit {
  const char* name;
  Effort effort;
  bool for_heavy_cases;  ///< also run for cases of a real model's size
  bool may_end_process;  ///< a defect may kill the process: not run once something has been found
  std::vector<Check> finds;  ///< what it looks for; other findings may come from any run
  void (*run)(Session&);
};

/// In the order in which they run.
const std::vector<CheckUnit>& check_units();

/// True if only some of the units look for `check`, so that BatteryOptions::only saves work.
bool has_own_units(Check check);

/// Never throws for what a subject does.
CaseResult run_battery(const SessionInput& input, const BatteryOptions& options);

}  // namespace mlacheck
