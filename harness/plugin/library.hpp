// A shared library that exports mlacheck_subjects().
#pragma once

#include <string>
#include <vector>

#include "harness/op/subject.hpp"

namespace mlacheck {

/// dlopen() for the rest of the process, with whatever runs at that time. Null, and why, if the
/// library cannot be loaded.
void* load_library(const std::string& path, std::string& error);

/// Loads the library for the rest of the process and returns its tables, as it names them (backend
/// "cpu" included). Throws std::invalid_argument that names the path and what is wrong: not a
/// library, symbol missing, another version, or a field of a table.
std::vector<SubjectTable> load_plugin(const std::string& path);

}  // namespace mlacheck
