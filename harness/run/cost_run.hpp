// What calls cost: counted while a subject runs once, beside what the contract of its variant says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/run/sweep.hpp"

namespace mlacheck {

struct CostRow {
  std::string op;
  std::string variant;
  std::string backend;
  std::string skipped;  ///< why it was not run; or empty
  std::string failed;   ///< what the run ended with in place of a result; or empty
  Cost counted;
  /// Where the driver saw something else than the subject recorded.
  std::vector<std::string> contradictions;
  bool watched = false;          ///< by the driver, or the driver cannot be watched
  std::optional<Cost> contract;  ///< nothing where the op makes no promise for the variant

  bool as_contracted() const {
    return failed.empty() && contradictions.empty() && (!contract || counted == *contract);
  }
};

/// One row for each variant and backend that matches the options and has the case's op.
/// Throws std::invalid_argument as select_rows() does.
std::vector<CostRow> count_costs(const Case& c, const SweepOptions& options);

}  // namespace mlacheck
