// Cases as arguments of a command: a case line, or a file of cases.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// Throws std::invalid_argument, which says why, if it is no admissible case of a known op.
Case case_argument(const std::string& line);

/// What a file holds. Throws std::invalid_argument with option, file, reason and `expected`
/// ("case lines") if it is no file that can be read, or is longer than 16 MiB.
std::string text_of_file(const std::string& option, const std::string& path,
                         const std::string& expected);

/// The cases in a file (harness/case/case_file.hpp), which must all be of one op. Throws
/// std::invalid_argument with the file, and the line where it is known, if it cannot be read or is
/// wrong.
std::vector<Case> cases_file_argument(const std::string& path);

}  // namespace mlacheck
