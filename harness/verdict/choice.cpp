#include "harness/verdict/choice.hpp"

#include <array>
#include <charconv>

namespace mlacheck {

std::string text_of(const Choice& choice) {
  return std::string(name_of(choice.check)) + "=" + std::to_string(choice.number);
}

std::optional<Choice> parse_choice(std::string_view text) {
  constexpr std::array<Check, 4> kWithChoices{Check::history, Check::batch, Check::probe,
                                              Check::width};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, equals);
  const std::string_view digits = text.substr(equals + 1);
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0) {
    return std::nullopt;
  }
  for (const Check check : kWithChoices) {
    if (name_of(check) == name) return Choice{check, number};
  }
  return std::nullopt;
}

}  // namespace mlacheck
