// The battery: every check that one case of one subject goes through, in order.
#pragma once

#include <vector>

#include "harness/checks/session.hpp"

namespace mlacheck {

/// How much of the battery a case goes through.
enum class Effort {
  values,  ///< one run against the oracle, and agreement with the baseline
  full,
};

/// One check, or two that share their runs. `run` says by Session::carried_out which of them it
/// really did: a check that does not apply to a case is not counted for it.
struct CheckUnit {
  const char* name;
  Effort effort;
  bool for_heavy_cases;  ///< also run for cases of a real model's size
  bool may_end_process;  ///< a defect may kill the process: not run once something has been found
  void (*run)(Session&);
};

/// In the order in which they run.
const std::vector<CheckUnit>& check_units();

struct BatteryOptions {
  Effort effort = Effort::full;
  bool stop_at_first = false;  ///< skip the remaining checks once one has found something
};

/// Never throws for what a subject does.
CaseResult run_battery(const SessionInput& input, const BatteryOptions& options);

}  // namespace mlacheck
