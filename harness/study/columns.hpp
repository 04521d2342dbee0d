// Text in the columns of a table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace mlacheck {

/// At least `width` characters, with blanks behind the text.
inline std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// At least `width` characters, with blanks in front of the text.
inline std::string right_aligned(std::string text, std::size_t width) {
  text.insert(0, text.size() < width ? width - text.size() : 0, ' ');
  return text;
}

}  // namespace mlacheck
