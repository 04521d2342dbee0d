#include "harness/case/case.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string_view>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

const Schema& schema() {
  static const Schema kSchema{
      "toy",
      {Field::integer("B", 0, 100, 1), Field::integer("gap", -2, 64, 0),
       Field::choice("dtype", {"f32", "bf16"}), Field::list("requests", 2, 0, 1000)}};
  return kSchema;
}

std::string error_of(const std::string& line) {
  const ParsedCase parsed = parse_case(line, {&schema()});
  const auto* error = std::get_if<std::string>(&parsed);
  return error == nullptr ? "" : *error;
}

TEST(Case, SimplestCasePrintsNoFields) { EXPECT_EQ(Case(schema()).line(), "toy()"); }

TEST(Case, LineParsesBackToAnEqualCase) {
  Case c(schema());
  c.set("B", 17).set("gap", -2).set("dtype", "bf16").set("requests", {1, 0, 4, 1000});
  EXPECT_EQ(c.line(), "toy(B=17,gap=-2,dtype=bf16,requests=[1:0,4:1000])");
  const ParsedCase parsed = parse_case(c.line(), {&schema()});
  ASSERT_TRUE(std::holds_alternative<Case>(parsed));
  EXPECT_EQ(std::get<Case>(parsed), c);
  EXPECT_FALSE(std::get<Case>(parsed) == Case(schema()));
}

TEST(Case, BadLinesNameFieldValueAndExpectation) {
  EXPECT_NE(error_of("toys()").find("op 'toys': did you mean 'toy'? expected one of toy"),
            std::string::npos);
  EXPECT_NE(error_of("toy(C=1)").find("field 'C'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=101)").find("field B: 101, expected 0..100"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1x)").find("field B: '1x', expected a number"), std::string::npos);
  EXPECT_NE(error_of("toy(dtype=f64)").find("expected one of f32 bf16"), std::string::npos);
  EXPECT_NE(error_of("toy(requests=[1:2,3])").find("expected ':'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1").find("expected ',' or ')'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1)x").find("the end of the line"), std::string::npos);
  EXPECT_NE(error_of("").find("op ''"), std::string::npos);
  EXPECT_NE(error_of("toy(B=99999999999999999999)").find("expected a number"), std::string::npos);
}

TEST(Case, BadLinesSayWhereAndHowTheyGoOn) {
  EXPECT_EQ(error_of("toy(requests=[1:2,3])"),
            "op toy, field requests: expected ':' at character 20: '])'");
  EXPECT_EQ(error_of("toy(requests=[1:])"),
            "op toy, field requests: expected a number in 0..1000 at character 17: '])'");
  EXPECT_EQ(error_of("toy(requests=1)"),
            "op toy, field requests: expected '[' at character 14: '1)'");
  EXPECT_EQ(error_of("toy(requests=[1:2000])"), "field requests: 2000, expected 0..1000");
  EXPECT_EQ(error_of("toy(requests=[1:2x])"),
            "field requests: '2x', expected a number in 0..1000 at character 17: '2x])'");
  EXPECT_EQ(error_of("toy(B)"), "op toy, field B: expected '=' at character 6: ')'");
  EXPECT_EQ(error_of("toy(B=1,)"), "op toy: expected the name of a field at character 9: ')'");
  EXPECT_EQ(error_of("toy"), "op toy: expected '(' at character 4, the end of the line");
  EXPECT_EQ(error_of("toy()" + std::string(100, '\x1b')),
            "op toy: expected the end of the line at character 6: "
            "'\\x1b\\x1b\\x1b\\x1b\\x1b\\x1b...'");
}

TEST(Case, AFieldMayBeGivenOnce) {
  EXPECT_EQ(error_of("toy(B=1,B=2)"), "field B of op toy: given twice, expected once");
  EXPECT_EQ(error_of("toy(B=1,B=1)"), "field B of op toy: given twice, expected once");
  EXPECT_EQ(error_of("toy(requests=[],requests=[1:2])"),
            "field requests of op toy: given twice, expected once");
}

TEST(Case, MisspeltWordsAreGuessed) {
  EXPECT_EQ(error_of("tyo()"), "op 'tyo': did you mean 'toy'? expected one of toy");
  EXPECT_EQ(error_of("toy(reqeusts=[])"),
            "field 'reqeusts' of op toy: did you mean 'requests'? expected one of B gap dtype "
            "requests");
  EXPECT_EQ(error_of("toy(dtype=bf61)"),
            "field dtype: 'bf61', did you mean 'bf16'? expected one of f32 bf16");
}

// Bytes of a line changed, dropped, doubled and swapped.
std::string mutated(std::string line, std::mt19937& random) {
  constexpr std::string_view kLikely = "()[]=,:-0123456789xBgaptoyf\n\t\x1b\xff ";
  const auto below = [&random](std::size_t end) {
    return static_cast<std::size_t>(random()) % std::max<std::size_t>(end, 1);
  };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(line.size() + 1);
    const bool likely = below(4) != 0;
    const char byte = likely ? kLikely[below(kLikely.size())] : static_cast<char>(below(256));
    switch (below(5)) {
      case 0:
        line.insert(at, 1, byte);
        break;
      case 1:
        line.erase(at, 1 + below(3));
        break;
      case 2:
        line.insert(at, line.substr(below(line.size() + 1), below(12)));
        break;
      case 3:
        line.resize(at);
        break;
      default:
        if (at < line.size()) line[at] = byte;
    }
  }
  return line;
}

TEST(Case, MutatedLinesParseOrGetOnePrintableLine) {
  std::mt19937 random(12);
  const std::vector<std::string> lines{"toy()", "toy(B=17,gap=-2,dtype=bf16,requests=[1:0,4:1000])",
                                       "toy(requests=[0:0])", "toy(dtype=f32,B=100)",
                                       "toy(" + std::string(500, 'B') + "=1)"};
  int parsed_lines = 0;
  int refused_lines = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string line = mutated(lines[static_cast<std::size_t>(round) % lines.size()], random);
    const ParsedCase parsed = parse_case(line, {&schema()});
    if (const auto* c = std::get_if<Case>(&parsed)) {
      ++parsed_lines;
      const ParsedCase again = parse_case(c->line(), {&schema()});
      ASSERT_TRUE(std::holds_alternative<Case>(again)) << printable(line);
      EXPECT_EQ(std::get<Case>(again), *c);
      continue;
    }
    ++refused_lines;
    const std::string& error = std::get<std::string>(parsed);
    EXPECT_EQ(error, printable_line(error)) << printable(line);
    EXPECT_LT(error.size(), 200U) << error;
    EXPECT_TRUE(error.starts_with("op ") || error.starts_with("field ")) << error;
    EXPECT_NE(error.find("expected"), std::string::npos) << error;
  }
  // Enough of both for either branch to mean something.
  EXPECT_GT(parsed_lines, 100);
  EXPECT_GT(refused_lines, 3000);
}

TEST(Case, SettersRefuseWhatTheSchemaForbids) {
  Case c(schema());
  EXPECT_THROW(c.set("B", -1), std::invalid_argument);
  EXPECT_THROW(c.set("requests", {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(c.set("nothing", 1), std::out_of_range);
  EXPECT_THROW(static_cast<void>(c.integer("dtype")), std::out_of_range);
}

TEST(Case, ShrinkingAlwaysEndsAtTheSimplestCase) {
  Case c(schema());
  c.set("B", 100).set("gap", 63).set("dtype", "bf16").set("requests", {9, 8, 7, 6, 5, 4});
  int steps = 0;
  // The last candidate is the least aggressive one: the longest way down.
  for (auto candidates = simpler_cases(c); !candidates.empty(); candidates = simpler_cases(c)) {
    c = candidates.back();
    ASSERT_LT(++steps, 1000);
  }
  EXPECT_EQ(c, Case(schema()));
}

TEST(Case, ShrinkingDropsEachRequestAndLowersEachNumber) {
  Case c(schema());
  c.set("requests", {3, 10, 5, 20});
  bool dropped_first = false;
  bool lowered_last = false;
  for (const Case& candidate : simpler_cases(c)) {
    dropped_first = dropped_first || candidate.list("requests") == std::vector<std::int64_t>{5, 20};
    lowered_last =
        lowered_last || candidate.list("requests") == std::vector<std::int64_t>{3, 10, 5, 19};
    EXPECT_FALSE(candidate == c);
  }
  EXPECT_TRUE(dropped_first);
  EXPECT_TRUE(lowered_last);
}

TEST(Case, ManyEqualRequestsAreWrittenOnce) {
  Case c(schema());
  std::vector<std::int64_t> requests{1, 2};
  for (int i = 0; i < 8; ++i) requests.insert(requests.end(), {3, 4});
  for (int i = 0; i < 7; ++i) requests.insert(requests.end(), {5, 6});
  c.set("requests", requests);
  EXPECT_NE(c.line().find("requests=[1:2,8*3:4,5:6,5:6,5:6,5:6,5:6,5:6,5:6]"), std::string::npos)
      << c.line();
  const ParsedCase read = parse_case(c.line(), {&schema()});
  ASSERT_TRUE(std::holds_alternative<Case>(read)) << std::get<std::string>(read);
  EXPECT_EQ(std::get<Case>(read), c);
}

TEST(Case, AWrongRepeatIsRefused) {
  for (const char* wrong :
       {"0*1:1", "5000*1:1", "99999999999999999999*1:1", "*1:1", "2*", "1:2*1"}) {
    const std::string line = schema().op + "(requests=[" + wrong + "])";
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_case(line, {&schema()}))) << line;
  }
}

// What fails by the number of its requests: few candidates, and still one for every shorter list.
TEST(Case, ALongListOfEqualRequestsHasFewCandidates) {
  Case c(schema());
  constexpr std::size_t kRequests = 500;
  std::vector<std::int64_t> requests;
  for (std::size_t i = 0; i < kRequests; ++i) requests.insert(requests.end(), {3, 4});
  c.set("requests", requests);
  const std::vector<Case> candidates = simpler_cases(c);
  EXPECT_LT(candidates.size(), 250U);
  std::set<std::size_t> lengths;
  for (const Case& candidate : candidates) lengths.insert(candidate.list("requests").size());
  for (const std::size_t length : {0U, 500U, 996U, 998U, 1000U})
    EXPECT_TRUE(lengths.contains(length));
  EXPECT_LT(two_step_cases(c).size(), 2000U);
}

}  // namespace
}  // namespace mlacheck
