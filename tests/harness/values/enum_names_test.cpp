#include "harness/values/enum_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace mlacheck {
namespace {

enum class Fruit : std::uint8_t { apple, late_pear, quince };

TEST(EnumNames, AreTheEnumerators) {
  EXPECT_EQ(EnumNames<Fruit>::kCount, 3U);
  EXPECT_EQ(EnumNames<Fruit>::words(), (std::vector<std::string>{"apple", "late_pear", "quince"}));
  for (const Fruit fruit : EnumNames<Fruit>::values()) {
    EXPECT_EQ(EnumNames<Fruit>::parse(EnumNames<Fruit>::of(fruit)), fruit);
  }
}

std::string message_of(const std::function<void()>& use) {
  try {
    use();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(EnumNames, NameWhatWasExpected) {
  EXPECT_EQ(message_of([] { static_cast<void>(EnumNames<Fruit>::parse("pear")); }),
            "'pear', expected one of apple, late_pear, quince");
  EXPECT_EQ(message_of([] { static_cast<void>(EnumNames<Fruit>::from_number("fruit", 3)); }),
            "fruit: 3, expected 0 to 2");
  EXPECT_EQ(EnumNames<Fruit>::from_number("fruit", 2), Fruit::quince);
}

}  // namespace
}  // namespace mlacheck
