// Which mutants a run of `mlacheck mutants` is about, and which it leaves out.
#pragma once

#include <string>
#include <vector>

#include "harness/subjects/subjects.hpp"

namespace mlacheck {

// A backend is "cpu" here, for all warp widths, or one that a build may have besides.

/// Empty, or why nothing can run on that backend on this machine. Throws std::invalid_argument if
/// this build does not know it.
std::string reason_without_mutants(const std::string& backend);

/// On a device other than the one that a mutant is for, it equals its variant: it becomes a control.
void set_device(std::vector<Mutant>& mutants, const std::string& backend);

/// The library for that backend which the build puts beside the program. Throws
/// std::invalid_argument if it is not there.
std::string library_beside_program(const std::string& backend);

/// Throws std::invalid_argument if `mutants` of that library are for another backend, or if one of
/// the ids in `only` is none of them or one that the battery is not asked about.
void check_wanted(const std::vector<Mutant>& mutants, const std::vector<std::string>& only,
                  const std::string& backend, const std::string& library);

/// How many mutants the battery is not asked about, and why; empty if there are none.
std::string others_text(const std::vector<Mutant>& mutants);

/// A line for each: its id, its op and its checks, or "control" or "left out".
std::string list_text(const std::vector<Mutant>& mutants);

}  // namespace mlacheck
