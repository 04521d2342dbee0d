// Whether what a command printed got anywhere.
#pragma once

namespace mlacheck {

/// Asked before anything opens a file, which could get the descriptor of a closed output.
bool has_standard_output();

/// Flushes standard output. The exit code of a command whose report is lost is kExitError, and
/// standard error says why; `was_open` is what has_standard_output() said. One that was used
/// wrongly keeps its own.
int with_output_checked(int exit_code, bool was_open);

}  // namespace mlacheck
