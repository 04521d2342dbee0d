// Collects what the sanitizers print, for each OS thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mlacheck::cpu {

/// Links the tools' options into the program.
void use_sanitizer_options();

/// Number of reports begun on this OS thread since its start.
std::size_t reports_begun();

/// The raw text since the last call. Each report is preceded by a line "@kernel <name>, block
/// (0,0,0), thread (5,0,0)", or "@host" when no kernel ran.
std::string take_report_text();

/// One line for each report in such a text.
std::vector<std::string> summarize_reports(const std::string& text);

/// Adds to what drain_sanitizer_reports() of this OS thread returns: for reports that a worker
/// thread collected.
void adopt_reports(std::vector<std::string>&& reports);

}  // namespace mlacheck::cpu
