// A shared library that exports mlacheck_subjects().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/abi/subject.h"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// dlopen() for the rest of the process, with whatever runs at that time. Null, and why, if the
/// library cannot be loaded.
void* load_library(const std::string& path, std::string& error);

/// Checks a plug-in that is in memory and translates its tables. `refuse` must throw; it is handed what
/// is wrong.
std::vector<SubjectTable> tables_of(const mlacheck_plugin* plugin,
                                    const std::function<void(const std::string&)>& refuse);

/// Loads the library for the rest of the process and returns its tables, as it names them (backend
/// "cpu" included). Throws std::invalid_argument that names the path and what is wrong: not a
/// library, symbol missing, another version, or a field of a table.
std::vector<SubjectTable> load_plugin(const std::string& path);

}  // namespace mlacheck
