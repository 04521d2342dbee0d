// Mutants by name, and as rows of a sweep.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/subjects/subjects.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

/// Throws std::invalid_argument if there is none with that id.
const Mutant& mutant_named(const std::vector<Mutant>& mutants, const std::string& id);

/// Whether the battery is to find it: not if it is left out, or for an outside tool.
bool is_for_battery(const Mutant& mutant);

/// The row that a sweep of this mutant alone would have.
Row row_of(const Mutant& mutant, const std::vector<std::unique_ptr<Backend>>& backends);

}  // namespace mlacheck
