// Names of enumerators, taken from the source by the compiler: "fp8" for Form::fp8. So no list of
// names can drift from its enum. Enumerators must count from 0 without gaps.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlacheck {

namespace detail {

/// The enumerator's name; empty where the enum has none of this value.
template <auto kValue>
consteval std::string_view enumerator_text() {
  // "... [with auto kValue = mlacheck::Form::fp8; ...]" of GCC, "... [kValue = ...]" of clang; a
  // value without a name is written as a cast, "(mlacheck::Form)3".
  std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::string_view kBefore = "kValue = ";
  text.remove_prefix(text.find(kBefore) + kBefore.size());
  text = text.substr(0, text.find_first_of(";]"));
  return text.front() == '(' ? std::string_view() : text.substr(text.rfind(':') + 1);
}

template <class E, std::size_t kFirst = 0>
consteval std::size_t enumerator_count() {
  if constexpr (enumerator_text<static_cast<E>(kFirst)>().empty()) {
    return kFirst;
  } else {
    return enumerator_count<E, kFirst + 1>();
  }
}

template <class E, std::size_t... kIndex>
consteval auto enumerator_names(std::index_sequence<kIndex...> /*all*/) {
  return std::array<std::string_view, sizeof...(kIndex)>{
      enumerator_text<static_cast<E>(kIndex)>()...};
}

}  // namespace detail

template <class E>
struct EnumNames {
  static constexpr std::size_t kCount = detail::enumerator_count<E>();
  static_assert(kCount > 0, "the enumerators must count from 0");
  static constexpr std::array<std::string_view, kCount> kNames =
      detail::enumerator_names<E>(std::make_index_sequence<kCount>());

  static constexpr std::string_view of(E value) { return kNames[static_cast<std::size_t>(value)]; }

  /// Throws std::invalid_argument naming the word and what was expected.
  static E parse(std::string_view name) {
    std::string known;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (kNames[i] == name) return static_cast<E>(i);
      known += (i == 0 ? "" : ", ") + std::string(kNames[i]);
    }
    throw std::invalid_argument("'" + std::string(name) + "', expected one of " + known);
  }

  /// Of a number from outside, such as a scalar of a call; throws std::invalid_argument.
  static E from_number(std::string_view what, long long number) {
    if (number >= 0 && number < static_cast<long long>(kCount)) return static_cast<E>(number);
    throw std::invalid_argument(std::string(what) + ": " + std::to_string(number) +
                                ", expected 0 to " + std::to_string(kCount - 1));
  }

  /// In the order of the enum.
  static std::vector<std::string> words() { return {kNames.begin(), kNames.end()}; }
  static std::vector<E> values() {
    std::vector<E> all;
    for (std::size_t i = 0; i < kCount; ++i) all.push_back(static_cast<E>(i));
    return all;
  }
};

}  // namespace mlacheck
