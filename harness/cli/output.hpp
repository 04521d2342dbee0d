// Whether all that a command printed was written.
#pragma once

namespace mlacheck {

/// Call it before any file is opened, which could get the descriptor of a closed standard output.
bool has_standard_output();

/// Flushes standard output. The exit code of a command whose report is lost is kExitError, and
/// standard error says why; `was_open` is what has_standard_output() said. One that was used
/// wrongly keeps its own.
int with_output_checked(int exit_code, bool was_open);

/// The end of a report of a command that called stop_on_signals(): says so if a signal cut it short.
/// The exit code is that of the signal, or else `exit_code`.
int end_report(int exit_code);

}  // namespace mlacheck
