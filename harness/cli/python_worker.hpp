// How a worker is started that is a Python process.
#pragma once

#include <string>
#include <vector>

#include "harness/worker/worker.hpp"

namespace mlacheck {

/// Whether one of these paths of --subject is Python.
bool any_python(const std::vector<std::string>& subjects);

/// The interpreter, and the words that make it a worker; those of the program itself follow. `python`: what
/// --python says; empty: that of the virtual environment, or else python3. Throws std::invalid_argument
/// naming an interpreter that does not exist, std::runtime_error if a part of this program is missing.
WorkerCommand python_command(const std::string& python);

}  // namespace mlacheck
