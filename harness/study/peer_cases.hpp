// The problems that a usual unit test of each op would use: a few fixed, dense, aligned shapes with
// full pages, equal lengths and values of a standard normal distribution. For measuring what such
// tests let through; no check is limited to them.
#pragma once

#include <string_view>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// Throws std::logic_error for an op without such cases.
std::vector<Case> peer_cases(std::string_view op);

}  // namespace mlacheck
