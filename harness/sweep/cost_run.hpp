// What calls cost: counted while a subject runs once, beside what the contract of its variant says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/op/cost.hpp"
#include "harness/sweep/row.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {

struct CostRow {
  std::string op;
  std::string variant;
  std::string backend;
  std::string skipped;    ///< why it was not run; or empty
  std::string failed;     ///< what the run ended with in place of a result; or empty
  std::string crashed;    ///< how the process that ran it died; or empty
  std::string timed_out;  ///< that it did not come back; or empty
  std::string error;      ///< why the harness could not count; or empty
  Cost counted;
  /// Where the driver saw something else than the subject recorded.
  std::vector<std::string> contradictions;
  bool watched = false;          ///< by the driver, or the driver cannot be watched
  std::optional<Cost> contract;  ///< nothing where the op makes no promise for the variant

  bool as_contracted() const {
    return failed.empty() && crashed.empty() && timed_out.empty() && error.empty() &&
           contradictions.empty() && (!contract || counted == *contract);
  }
};

/// Of that row.
Verdict verdict_of(const CostRow& row);

/// A row without numbers.
CostRow cost_row_of(const Case& c, const Row& row);

/// Counts one call, in this process. What the subject throws, or leaves behind, fails the row.
CostRow count_cost(const Case& c, const Row& row, Backend& backend);

/// Counts one call wherever that is to happen.
using CountCost = std::function<CostRow(const Case&, const Row&)>;

/// One row for each variant and backend that matches the selection and has the case's op. Throws
/// std::invalid_argument as select_rows() does. Without `count` calls are made in this process. A
/// signal (stop_on_signals()) leaves out the rest.
std::vector<CostRow> count_costs(const Case& c, Selection selection, const CountCost& count = {});

}  // namespace mlacheck
