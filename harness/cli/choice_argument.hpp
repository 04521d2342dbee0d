// The value of --choice.
#pragma once

#include <string>

#include "harness/verdict/finding.hpp"

namespace mlacheck {

/// "K13=5". Throws std::invalid_argument naming the option, the text and what was expected.
Choice choice_argument(const std::string& text);

}  // namespace mlacheck
