#include "harness/case/case_file.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

const Schema kSchema{
    "tried",
    {Field::integer("T", 0, 100, 1), Field::choice("dtype", {"f32", "f16", "bf16"}),
     Field::list("requests", 2, 0, 64), Field::list("seqs", 1, 0, 999)}};

std::string no_seven(const Case& c) { return c.integer("T") == 7 ? "seven is no good" : ""; }

ParsedCases parsed(const std::string& text) {
  return parse_case_file("a.cases", lines_of(text), {&kSchema}, &no_seven);
}

// The lines of the cases, or what is wrong.
std::vector<std::string> cases_of(const std::string& text) {
  const ParsedCases result = parsed(text);
  if (const auto* const reason = std::get_if<std::string>(&result)) return {*reason};
  std::vector<std::string> lines;
  for (const Case& c : std::get<std::vector<Case>>(result)) lines.push_back(c.line());
  return lines;
}

std::string error_of(const std::string& text) {
  const ParsedCases result = parsed(text);
  const auto* const reason = std::get_if<std::string>(&result);
  return reason == nullptr ? "accepted" : *reason;
}

using Lines = std::vector<std::string>;

TEST(CaseFile, HoldsALineForEachCaseInItsOrder) {
  EXPECT_EQ(cases_of("tried(T=5)\ntried()\ntried(dtype=bf16,T=3)\n"),
            (Lines{"tried(T=5)", "tried()", "tried(T=3,dtype=bf16)"}));
  EXPECT_EQ(cases_of("tried()"), Lines{"tried()"}) << "the last line without its newline";
}

TEST(CaseFile, CommentsAndBlanksAreNoCases) {
  EXPECT_EQ(cases_of("# why\n\n   \t\n  tried(T=5)  # because\r\n#tried(T=6)\r\n"),
            Lines{"tried(T=5)"});
}

TEST(CaseFile, ListsMultiplyTheLastOneFastest) {
  EXPECT_EQ(cases_of("tried(T={3,2},dtype={f16,bf16})"),
            (Lines{"tried(T=3,dtype=f16)", "tried(T=3,dtype=bf16)", "tried(T=2,dtype=f16)",
                   "tried(T=2,dtype=bf16)"}));
  EXPECT_EQ(cases_of("tried(T={4})"), Lines{"tried(T=4)"});
}

TEST(CaseFile, AValueInBracesMayBeAList) {
  EXPECT_EQ(cases_of("tried(requests={[1:2,3:4],[],[5:6]},T={2,3})"),
            (Lines{"tried(T=2,requests=[1:2,3:4])", "tried(T=3,requests=[1:2,3:4])", "tried(T=2)",
                   "tried(T=3)", "tried(T=2,requests=[5:6])", "tried(T=3,requests=[5:6])"}));
}

TEST(CaseFile, FieldsThatChangeTogetherStandInOneList) {
  EXPECT_EQ(cases_of("tried({T=2,seqs=[1,2]|T=3,dtype=f16},requests={[],[1:1]})"),
            (Lines{"tried(T=2,seqs=[1,2])", "tried(T=2,requests=[1:1],seqs=[1,2])",
                   "tried(T=3,dtype=f16)", "tried(T=3,dtype=f16,requests=[1:1])"}));
  EXPECT_EQ(cases_of("tried(dtype=f16,{T=2|T=3})"),
            (Lines{"tried(T=2,dtype=f16)", "tried(T=3,dtype=f16)"}));
}

TEST(CaseFile, AnEntryMayBeRepeated) {
  EXPECT_EQ(cases_of("tried(seqs=[3*12,4],requests=[5:6,2*1:2])"),
            Lines{"tried(requests=[5:6,1:2,1:2],seqs=[12,12,12,4])"});
  EXPECT_EQ(cases_of("tried(seqs={[2*1],[1*2]})"), (Lines{"tried(seqs=[1,1])", "tried(seqs=[2])"}));
}

TEST(CaseFile, WhatIsWrongIsSaidWithFileAndLine) {
  const auto expect_error = [](const std::string& line, const std::string& error) {
    EXPECT_EQ(error_of("tried()\n# one\n" + line + "\n"), "a.cases:3: " + error) << line;
  };
  expect_error("tired()", "op 'tired': did you mean 'tried'? expected one of tried");
  expect_error("tried(W=1)", "field 'W' of op tried: expected one of T dtype requests seqs");
  expect_error("tried(T=500)", "field T: 500, expected 0..100");
  expect_error("tried(T=2", "op tried: expected ',' or ')' at character 10, the end of the line");
  expect_error("tried(T=2,T=3)", "field T of op tried: given twice, expected once");
  expect_error("tried(T=2) tried(T=3)",
               "op tried: expected the end of the line at character 11: ' tried(T=3)'");
  expect_error("tried(T=7)", "case tried(T=7): seven is no good");
  expect_error("tried(T={6,7})", "case tried(T=7): seven is no good");
  expect_error("tried(T=1)", "case tried() stands on line 1 already, expected each case once");
  expect_error("tried(T={2,3,2})",
               "case tried(T=2) stands on line 3 already, expected each case once");
  expect_error("tried(dtype={f16,f61},T=2)",
               "field dtype: 'f61', did you mean 'f16'? expected one of f32 f16 bf16, in the "
               "combination tried(dtype=f61,T=2)");
}

TEST(CaseFile, AFileWithoutACaseIsWrong) {
  EXPECT_EQ(error_of(""), "a.cases: no case in it, expected one or more");
  EXPECT_EQ(error_of("# tried()\n"), "a.cases: no case in it, expected one or more");
}

TEST(CaseFile, BracesThatDoNotMatchAreNamedWithTheirPlace) {
  const auto expect_error = [](const std::string& line, const std::string& error) {
    EXPECT_EQ(error_of(line), "a.cases:1: expected " + error) << line;
  };
  expect_error("tried(T={2,3)", "'}' at character 14");
  expect_error("tried(T=2},dtype=f16)", "'{' before '}' at character 10");
  expect_error("tried(T={2,{3,4}})", "'}' before another '{' at character 12");
  expect_error("tried(T={})", "a value at character 10");
  expect_error("tried(T={2,})", "a value at character 12");
  expect_error("tried(T={2,,3})", "a value at character 12");
  expect_error("tried({})", "a field at character 8");
  expect_error("tried({T=2|})", "a field at character 12");
  expect_error("tried(T=1{2,3})", "'{' only behind '=', '(' or ',' at character 10");
  expect_error("{tried(),tried(T=2)}", "'{' only behind '=', '(' or ',' at character 1");
  expect_error("tried(T={2,3}0)", "',' or ')' after '}' at character 14");
  expect_error("tried(seqs={[1,2})", "']' before '}' at character 17");
  expect_error("tried(seqs={1],2})", "']' before '}' at character 15");
}

TEST(CaseFile, ACountThatIsNoneIsNamedWithItsPlace) {
  const auto expect_error = [](const std::string& line, const std::string& error) {
    EXPECT_EQ(error_of(line), "a.cases:1: expected " + error) << line;
  };
  expect_error("tried(seqs=[*3])", "a count from 1 to 4096 before '*' at character 13");
  expect_error("tried(seqs=[0*3])", "a count from 1 to 4096 before '*' at character 13");
  expect_error("tried(seqs=[4097*3])", "a count from 1 to 4096 before '*' at character 13");
  expect_error("tried(seqs=[99999999999999999999999*3])",
               "a count from 1 to 4096 before '*' at character 13");
  expect_error("tried(T=2*3)",
               "'*' only after the count of an entry of a list, as in [3*1:64], at character 10");
  expect_error("tried(seqs=[1:2*3])",
               "'*' only after the count of an entry of a list, as in [3*1:64], at character 16");
  expect_error("2*tried()",
               "'*' only after the count of an entry of a list, as in [3*1:64], at character 2");
  expect_error("tried(seqs=[2*])", "an entry of a list after '*' at character 15");
  expect_error("tried(seqs=[2*2*3])", "an entry of a list after '*' at character 15");
  expect_error("tried(seqs=[2*3", "an entry of a list after '*' at character 15");
}

TEST(CaseFile, ALineDoesNotMultiplyWithoutEnd) {
  std::string numbers = "0";
  for (int i = 1; i <= 100; ++i) numbers += "," + std::to_string(i);
  EXPECT_EQ(error_of("tried(T={" + numbers + "},{seqs=[1]|seqs=[2]},requests={[" + numbers +
                     "]},dtype={" + numbers + "})"),
            "a.cases:1: more than 10000 combinations, expected fewer on one line");
}

TEST(LinesOf, EndAtNewlines) {
  using Views = std::vector<std::string_view>;
  EXPECT_EQ(lines_of(""), Views{});
  EXPECT_EQ(lines_of("a\n\nb"), (Views{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\n"), Views{"a"});
}

}  // namespace
}  // namespace mlacheck
