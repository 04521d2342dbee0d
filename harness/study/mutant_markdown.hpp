// The outcome of a run over mutants as a page in Markdown.
#pragma once

#include <string>
#include <vector>

#include "harness/study/mutant_run.hpp"

namespace mlacheck {

/// A table in Markdown, a row for each mutant in the order of op and name: main check, all checks
/// that fired, cases until the first did, the smallest case, and the defect. Controls are left out.
std::string mutant_markdown(std::vector<MutantResult> results);

}  // namespace mlacheck
