// A case line as an argument of a command.
#pragma once

#include <optional>
#include <string>

#include "harness/case/case.hpp"

namespace mlacheck {

/// Nothing if it is no admissible case of a known op; standard error then says why.
std::optional<Case> case_argument(const std::string& line);

}  // namespace mlacheck
