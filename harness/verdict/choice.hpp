// Choices as text: "K13=9", in replay commands and in what a worker leaves behind.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/verdict/finding.hpp"

namespace mlacheck {

std::string text_of(const Choice& choice);

/// Nothing if the text is no choice of a check that has any: K8, K10, K11 or K13, and a whole number
/// from 0 on.
std::optional<Choice> parse_choice(std::string_view text);

}  // namespace mlacheck
