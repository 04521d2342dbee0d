#include "harness/arguments/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "harness/arguments/help.hpp"

namespace mlacheck {
namespace {

using std::string_literals::operator""s;

template <class F>
std::string refusal(F&& read) {
  try {
    read();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Numbers, WholeNumbersAreTakenWithTheirRange) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(whole_number("--x", "17", std::int64_t{0}, std::int64_t{17}), 17);
  EXPECT_EQ(whole_number("--x", "-9223372036854775808", kLeast, kMost), kLeast);
  EXPECT_EQ(whole_number("--x", "9223372036854775807", kLeast, kMost), kMost);
  EXPECT_EQ(whole_number("--x", "18446744073709551615", std::uint64_t{0},
                         std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(Numbers, AnythingElseIsRefused) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "1 "s,
                                  " 1"s,
                                  "abc"s,
                                  "1x"s,
                                  "0x10"s,
                                  "1.0"s,
                                  "1e3"s,
                                  "+1"s,
                                  "--1"s,
                                  "-1"s,
                                  "18"s,
                                  "9223372036854775808"s,
                                  "18446744073709551616"s,
                                  "99999999999999999999999"s,
                                  "nan"s,
                                  "inf"s,
                                  "1,000"s,
                                  "1\n"s,
                                  "1\0"s}) {
    const auto read = [&] { whole_number("--x", text, std::int64_t{0}, std::int64_t{17}); };
    EXPECT_NE(refusal(read).find("expected a whole number from 0 to 17"), std::string::npos)
        << text;
    const auto read_unsigned = [&] {
      whole_number("--x", text, std::uint64_t{0}, std::uint64_t{17});
    };
    EXPECT_NE(refusal(read_unsigned), "") << text;
  }
  EXPECT_EQ(refusal([] { whole_number("--x", "1\x1b", std::int64_t{0}, std::int64_t{17}); }),
            "--x '1\\x1b': expected a whole number from 0 to 17");
}

TEST(Numbers, RealNumbersAreFiniteAndInRange) {
  EXPECT_EQ(real_number("--s", "0.5", 0, 1), 0.5);
  EXPECT_EQ(real_number("--s", "1e-3", 0, 1), 1e-3);
  EXPECT_EQ(real_number("--s", "86400", 0.01, 86400), 86400);
  for (const std::string& text : {""s, "nan"s, "-nan"s, "inf"s, "-inf"s, "infinity"s, "1e400"s,
                                  "1e-400"s, "-1"s, "abc"s, "0.5s"s, "0x1p3"s, "1e9"s, " 1"s}) {
    EXPECT_EQ(refusal([&] { real_number("--s", text, 0.01, 86400); }),
              "--s '" + text + "': expected a number from 0.01 to 86400");
  }
}

TEST(Numbers, RangesAreReadable) {
  EXPECT_EQ(refusal([] { real_number("--s", "x", 0, 31536000); }),
            "--s 'x': expected a number from 0 to 31536000");
}

TEST(Help, LinesBreakBetweenWords) {
  EXPECT_EQ(in_columns("one two three", 4, 11), "one two\n    three");
  EXPECT_EQ(in_columns("  one \n two", 0, 20), "one two");
  EXPECT_EQ(in_columns("incomprehensible one", 2, 8), "incomprehensible\n  one");
  EXPECT_EQ(in_columns("", 2, 8), "");
}

}  // namespace
}  // namespace mlacheck
