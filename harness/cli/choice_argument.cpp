#include "harness/cli/choice_argument.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {

Choice choice_argument(const std::string& text) {
  constexpr std::array<Check, 4> kWithChoices{Check::history, Check::batch, Check::probe,
                                              Check::width};
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string digits = equals == std::string::npos ? "" : text.substr(equals + 1);
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size() && number >= 0;
  for (const Check check : kWithChoices) {
    if (whole && name_of(check) == name) return {check, number};
  }
  throw std::invalid_argument("--choice '" + excerpt(text) +
                              "': expected CHECK=NUMBER, where CHECK is K8, K10, K11 or K13 and "
                              "NUMBER a whole number from 0 on");
}

}  // namespace mlacheck
