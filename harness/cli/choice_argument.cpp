#include "harness/cli/choice_argument.hpp"

#include <stdexcept>

#include "harness/text/text.hpp"
#include "harness/verdict/choice.hpp"

namespace mlacheck {

Choice choice_argument(const std::string& text) {
  if (const auto choice = parse_choice(text)) return *choice;
  throw std::invalid_argument("--choice '" + excerpt(text) +
                              "': expected CHECK=NUMBER, where CHECK is K8, K10, K11 or K13 and "
                              "NUMBER a whole number from 0 on");
}

}  // namespace mlacheck
