// Numbers on a command line: the whole text must be one, and it must lie in a stated range.
#pragma once

#include <cstdint>
#include <string>

namespace mlacheck {

/// These throw std::invalid_argument naming the option, the text and the range. Nothing is rounded,
/// and nothing that is too large becomes the largest number.
std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least,
                          std::int64_t most);
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t least,
                           std::uint64_t most);
/// Also 0.5 and 1e-3; no infinity and no NaN.
double real_number(const std::string& option, const std::string& text, double least, double most);

}  // namespace mlacheck
