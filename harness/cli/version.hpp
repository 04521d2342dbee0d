// What this program is and how it was called, for `--version` and for reports.
#pragma once

#include <string>

#include "harness/report/json.hpp"

namespace mlacheck {

/// Generated (cmake/Version.cmake).
BuildFacts build_facts();

/// What `mlacheck --version` prints: those, and the backends of the build.
std::string version_text();

/// Remembers how the program was called. main() does it once, before anything else.
void set_command_line(int argc, const char* const* argv);

/// The words of the call, quoted for a shell where they need it; always valid UTF-8.
const std::string& command_line();

}  // namespace mlacheck
