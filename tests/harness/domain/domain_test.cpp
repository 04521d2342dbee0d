#include "harness/domain/domain.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

const OpModel& merge() { return *find_op("merge_states")->model; }

Case line(const std::string& fields) {
  return std::get<Case>(parse_case("merge_states(" + fields + ")", all_schemas()));
}

std::string refusal(const std::string& text) {
  try {
    const Domain domain(text, merge());
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return "accepted";
}

TEST(Domain, EmptyTextIsTheWholeContract) {
  const Domain domain("  ", merge());
  EXPECT_TRUE(domain.whole());
  EXPECT_EQ(domain.outside(line("T=3,empty=both,lse=nan")), "");
}

TEST(Domain, EachRelationSplitsTheCases) {
  struct Split {
    const char* term;
    const char* inside;
    const char* outside;
  };
  for (const Split& split :
       std::vector<Split>{{"V=64,128", "V=128", "V=96"},
                          {"dtype=bf16", "dtype=bf16", "dtype=f16"},
                          {"empty!=both,some", "empty=prefix", "empty=some"},
                          {"T>=2", "T=2", "T=1"},
                          {"T<=4", "T=4", "T=5"},
                          {"V%8", "V=24", "V=25"},
                          {"prefix_out.gap==suffix_out.gap", "prefix_out.gap=3,suffix_out.gap=3",
                           "prefix_out.gap=3,suffix_out.gap=4"}}) {
    const Domain domain(split.term, merge());
    EXPECT_EQ(domain.outside(line(split.inside)), "") << split.term;
    EXPECT_EQ(domain.outside(line(split.outside)).substr(0, std::string(split.term).size()),
              split.term);
    const Case near = domain.nearest(line(split.outside));
    EXPECT_EQ(domain.outside(near), "") << near.line();
    EXPECT_EQ(domain.nearest(line(split.inside)), line(split.inside)) << "it was inside";
  }
}

TEST(Domain, PartsOfListEntries) {
  const OpModel& model = *find_op("mla_decode")->model;
  const Domain domain("requests[1]>=1", model);
  const Case c = std::get<Case>(parse_case("mla_decode(requests=[1:4,2:0])", all_schemas()));
  EXPECT_EQ(domain.outside(c), "requests[1]>=1: requests is 0");
  EXPECT_EQ(domain.outside(domain.nearest(c)), "");
}

TEST(Domain, LayoutsAreThoseOfTheProblem) {
  const Domain dense("layout=dense", merge());
  const Domain rows("out.layout=rows", merge());
  const auto where = [&](const Domain& domain, const std::string& fields) {
    return domain.outside(merge().materialise(line(fields), ""));
  };
  EXPECT_EQ(where(dense, "T=3,H=2,V=4"), "");
  EXPECT_EQ(where(dense, "T=3,H=2,V=4,out.offset=8,out.pad=1"), "") << "dense from there on";
  EXPECT_EQ(where(dense, "T=3,V=4,prefix_out.idle_stride=huge"), "") << "it reaches no element";
  EXPECT_NE(where(dense, "T=3,H=2,V=4,suffix_out.gap=1"), "");
  EXPECT_NE(where(dense, "T=3,H=2,V=4,out.order=HTV"), "");
  EXPECT_NE(where(dense, "T=3,H=2,V=4,suffix_lse.step=2"), "");
  EXPECT_EQ(where(rows, "T=3,H=2,V=4,out.order=HTV,out.gap=3,suffix_lse.step=2"), "");
  for (const char* fields :
       {"T=3,H=2,V=4,suffix_out.gap=1,out.order=HTV", "T=3,H=2,V=4,suffix_lse.step=2"}) {
    const Case near = dense.nearest(line(fields));
    EXPECT_EQ(dense.outside(merge().materialise(near, "")), "") << near.line();
  }
}

TEST(Domain, AlignmentIsOfTheFirstElement) {
  const Domain domain("prefix_out.align=16", merge());
  const auto where = [&](const std::string& fields) {
    return domain.outside(merge().materialise(line(fields), ""));
  };
  EXPECT_EQ(where("dtype=bf16,prefix_out.offset=8,suffix_out.offset=1"), "");
  EXPECT_EQ(where("dtype=bf16,prefix_out.offset=4"),
            "prefix_out.align=16: prefix_out is 8 bytes past such an address");
  EXPECT_EQ(domain.outside(merge().materialise(domain.nearest(line("prefix_out.offset=37")), "")),
            "");
  Problem problem = merge().materialise(line(""), "");
  domain.mark(problem);
  EXPECT_EQ(problem.operand("prefix_out").alignment, 16);
  EXPECT_EQ(problem.operand("suffix_out").alignment, 0);
}

TEST(Domain, PreconditionsHaveNames) {
  for (const OpEntry& op : ops()) {
    for (const Schema::Precondition& precondition : op.model->schema().preconditions) {
      const Domain domain(precondition.name, *op.model);
      EXPECT_FALSE(precondition.about.empty()) << precondition.name;
      EXPECT_FALSE(domain.field_terms().empty()) << precondition.name;
      EXPECT_EQ(op.model->inadmissible(domain.nearest(op.model->cost_case())), "");
    }
  }
  const Domain domain("no_row_empty_on_both_sides", merge());
  EXPECT_NE(domain.outside(line("empty=both")), "");
  EXPECT_EQ(domain.outside(line("empty=prefix")), "");
}

TEST(Domain, FiniteDeadValuesReachTheOperands) {
  Problem problem = merge().materialise(line(""), "");
  Domain("T<=8", merge()).mark(problem);
  EXPECT_FALSE(problem.operand("prefix_out").finite_dead_values);
  Domain("T<=8 finite_dead_values", merge()).mark(problem);
  EXPECT_TRUE(problem.operand("prefix_out").finite_dead_values);
}

TEST(Domain, RefusalsNameTermAndWhatWasExpected) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"D=64", "op merge_states has no field 'D'"},
           {"dtype=float", "expected one of f32 f16 bf16"},
           {"V=x", "'x', expected a number"},
           {"V=999999", "999999, expected 0.."},
           {"V=", "expected a value after ="},
           {"V%0", "expected a number from 1 on"},
           {"V>=1,2", "expected one number"},
           {"dtype>=f16", "expected = or !="},
           {"seed=3", "a seed is no part of a domain"},
           {"seed==T", "a seed is no part of a domain"},
           {"dtype!=f32,f16,bf16", "leaves no value of dtype"},
           {"V==dtype", "expected two numbers"},
           {"V[0]=1", "V is no list"},
           {"out.layout=tight", "expected one of free rows dense"},
           {"nobody.layout=dense", "has no operand 'nobody'"},
           {"align=12", "12, expected a power of two up to 256"},
           {"align=512", "512, expected a power of two up to 256"},
           {"no_empty_rows", "no precondition of merge_states"}}) {
    const std::string said = refusal("T<=8 " + text);
    EXPECT_NE(said.find("domain term '" + text + "'"), std::string::npos) << said;
    EXPECT_NE(said.find(expected), std::string::npos) << said;
  }
}

TEST(Domain, TermsThatContradictEachOtherAreBothNamed) {
  for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
           {"V=3 T<=8 V=4", "'V=4': beside 'V=3' it leaves no value of V"},
           {"V>=9 V<=8", "'V<=8': beside 'V>=9' it leaves no value of V"},
           {"V=3,4 V!=4,5 V%2", "'V%2': beside 'V=3,4' and 'V!=4,5' it leaves no value of V"},
           {"V%64 V>=65 V<=127", "'V<=127': beside 'V%64' and 'V>=65' it leaves no value of V"},
           {"dtype=f32 dtype=f16,bf16",
            "'dtype=f16,bf16': beside 'dtype=f32' it leaves no value of"},
           {"dtype=f32 dtype!=f32", "'dtype!=f32': beside 'dtype=f32' it leaves no value of dtype"},
           {"T=3 V==T V=4", "'V=4': beside 'T=3' and 'V==T' it leaves no value of V"},
           {"V%8 V%7 V>=1 V<=55", "'V<=55': beside 'V%8' and 'V%7' and 'V>=1' it leaves no value"},
           {"no_nan_lse lse=nan", "'lse=nan': beside 'no_nan_lse' it leaves no value of lse"},
           {"layout=dense out.layout=free",
            "'out.layout=free': says nothing beside 'layout=dense'"},
           {"layout=free layout=rows", "'layout=free': says nothing beside 'layout=rows'"},
           {"out.layout=dense out.layout=free",
            "'out.layout=free': says nothing beside 'out.layout=dense'"}}) {
    EXPECT_NE(refusal(text).find("domain term " + said), std::string::npos)
        << text << ": " << refusal(text);
  }
  const std::string list = [] {
    try {
      const Domain domain("requests[1]>=5 no_empty_request requests[1]<=4",
                          *find_op("mla_decode")->model);
    } catch (const std::invalid_argument& refused) {
      return std::string(refused.what());
    }
    return std::string("accepted");
  }();
  EXPECT_EQ(
      list,
      "domain term 'requests[1]<=4': beside 'requests[1]>=5' it leaves no value of requests[1]");
}

TEST(Domain, TermsThatNarrowEachOtherAreTaken) {
  for (const char* const text :
       {"V=3,4 V=4,5", "V=3 V=3", "V>=64 V<=64", "V%8 V%7 V>=1 V<=56",
        "layout=free out.layout=dense", "layout=rows out.layout=dense",
        "layout=dense out.layout=rows", "align=4 align=16", "dtype=f32 dtype!=bf16",
        "no_nan_lse lse!=huge", "out.layout=free lse_out.layout=dense"}) {
    EXPECT_EQ(refusal(text), "accepted") << text;
  }
}

TEST(Domain, TermsOnOneNumberAreMetTogether) {
  for (const char* const text : {"V%64 V<=100 V>=1", "V!=1,2,3 V<=5 V>=1", "T==V V%8 T>=3 T<=12",
                                 "V=8,64,96 V%64", "V<=100 V%64 V>=1"}) {
    const Domain domain(text, merge());
    for (const char* const start : {"V=99", "V=1", "T=7,V=3", "V=512"}) {
      const Case near = domain.nearest(line(start));
      EXPECT_EQ(domain.outside(near), "") << text << ": " << near.line();
    }
  }
}

}  // namespace
}  // namespace mlacheck
