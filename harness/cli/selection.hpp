// What a command's filters leave to do, and why that is nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/subjects/subjects.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

/// select_rows(), but a selection that leaves no row, or none of a variant that it names, throws
/// std::invalid_argument, which names the filter that took the last one away and what it could have
/// been.
std::vector<Row> rows_to_run(const Selection& selection,
                             const std::vector<std::unique_ptr<Backend>>& backends);

/// Throws std::invalid_argument if one of `ids` is no mutant, or if there are none at all.
void check_mutants(const std::vector<Mutant>& mutants, const std::vector<std::string>& ids,
                   const std::string& library);

}  // namespace mlacheck
