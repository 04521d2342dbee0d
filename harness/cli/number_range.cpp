#include "harness/cli/number_range.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace mlacheck {
namespace {

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.7g", value);
  return text.data();
}

}  // namespace

void check_range(const std::string& option, double value, NumberRange range) {
  if (value >= range.least && value <= range.most) return;
  throw std::invalid_argument(option + " " + number_text(value) + ": expected a number from " +
                              number_text(range.least) + " to " + number_text(range.most));
}

}  // namespace mlacheck
