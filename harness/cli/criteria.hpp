// What `mlacheck mutants --criterion` prints.
#pragma once

#include <string>

#include "harness/study/criterion_run.hpp"

namespace mlacheck {

/// What the acceptance rules of other projects catch of the mutants of a library, and how often
/// they refuse a correct result. `name` is that of a rule, whose mutants are listed too, or "all";
/// `json` names a file to write, or is empty. Returns the exit code, which is kExitPassed whatever
/// the figures are.
int print_criteria(const std::string& name, const CriterionOptions& options,
                   const std::string& library, const std::string& json);

}  // namespace mlacheck
