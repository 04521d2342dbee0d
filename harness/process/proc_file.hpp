// Files below /proc, which may lose their process between two steps of reading them.
#pragma once

#include <string>

namespace mlacheck {

/// What is still to be read of an open file; as much as could be read if its process ends meanwhile,
/// which makes the kernel answer ESRCH. Never throws for that.
std::string rest_of(int descriptor);

/// /proc/<process>/<name>; empty if there is none, or no longer.
std::string proc_file(const std::string& process, const char* name);

}  // namespace mlacheck
