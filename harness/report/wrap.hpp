// Lines that fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlacheck {

/// Columns of a report.
inline constexpr std::size_t kColumnsOfReport = 80;

/// `text` with each of its lines behind `indent`, and those that get too long broken at blanks, or
/// behind commas where there are none; continuations are indented by two more. Every line ends with
/// a newline.
std::string wrapped(std::string_view text, const std::string& indent);

/// The same, with `label` in place of the first line's indent. The two are of one length.
std::string labelled(const std::string& label, std::string_view text);

}  // namespace mlacheck
