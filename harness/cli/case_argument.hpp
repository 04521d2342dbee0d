// Cases as arguments of a command: a case line, or a file of cases.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// Throws std::invalid_argument, which says why, if it is no admissible case of a known op.
Case case_argument(const std::string& line);

/// The cases in a file (harness/case/case_file.hpp), which must all be of one op. Throws
/// std::invalid_argument with the file, and the line where it is known, if it cannot be read or is
/// wrong.
std::vector<Case> cases_file_argument(const std::string& path);

}  // namespace mlacheck
