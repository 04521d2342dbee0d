#include "harness/arguments/numbers.hpp"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

template <class T>
std::optional<T> number_in(const std::string& text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// As people write it: 86400 and 0.01, no exponents below 10^15.
std::string digits_of(double value) { return fmt::format("{:.15g}", value); }
std::string digits_of(std::int64_t value) { return std::to_string(value); }
std::string digits_of(std::uint64_t value) { return std::to_string(value); }

template <class T>
T checked(const std::string& option, const std::string& text, T least, T most, const char* kind) {
  const std::optional<T> value = number_in<T>(text);
  // A NaN is in no range.
  if (value && *value >= least && *value <= most) return *value;
  throw std::invalid_argument(fmt::format("{} '{}': expected a {} from {} to {}", option,
                                          excerpt(text), kind, digits_of(least), digits_of(most)));
}

}  // namespace

std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least,
                          std::int64_t most) {
  return checked(option, text, least, most, "whole number");
}

std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t least,
                           std::uint64_t most) {
  return checked(option, text, least, most, "whole number");
}

double real_number(const std::string& option, const std::string& text, double least, double most) {
  return checked(option, text, least, most, "number");
}

}  // namespace mlacheck
