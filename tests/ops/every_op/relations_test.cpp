// K10 and K11: relations that hold by the oracle, and subjects that break them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "harness/op/relation.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

Operand two_by_three() {
  Operand operand;
  operand.name = "x";
  operand.access = Access::update;
  operand.dtype = DType::i32;
  operand.layout = Layout::strided({2, 3}, {8, 2}, 1);
  operand.bits = {0, 1, 2, 10, 11, 12};
  operand.cells = {Cell::live, Cell::dead, Cell::live, Cell::live, Cell::live, Cell::dead};
  return operand;
}

TEST(Relation, TakeRepeatsAndReorders) {
  const Operand taken = take(two_by_three(), 1, {2, 0, 2});
  EXPECT_EQ(taken.bits, (std::vector<std::uint32_t>{2, 0, 2, 12, 10, 12}));
  EXPECT_EQ(taken.cells[2], Cell::live);
  EXPECT_EQ(taken.cells[3], Cell::dead);
  EXPECT_EQ(taken.layout.stride, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(take(two_by_three(), 0, {1}).bits, (std::vector<std::uint32_t>{10, 11, 12}));
}

TEST(Relation, RestrictionMatchesOutputsWithTheirOrigins) {
  Problem problem;
  problem.operands = {two_by_three(), two_by_three()};
  problem.operands[1].name = "y";
  problem.operands[1].access = Access::output;
  const Relation relation =
      restricted(Check::batch, "r", problem, {{"x", 0}, {"y", 0}, {"absent", 3}}, {1, 0});
  ASSERT_EQ(relation.matches.size(), 1U);
  EXPECT_EQ(relation.matches[0].operand, "y");
  EXPECT_EQ(relation.matches[0].mine, (std::vector<std::size_t>{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(relation.matches[0].theirs, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Relation, OrdersAreNeverTheOldOne) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed, 0);
    const std::vector<std::int64_t> order = draw_order(random, 5, 8);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()),
              (std::set<std::int64_t>{5, 6, 7}));
  }
}

bool close(double a, double b, double bound) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::fabs(a - b) <= bound;
}

const ExpectedTensor& expected_of(const Expectation& expectation, const std::string& operand) {
  for (const ExpectedTensor& tensor : expectation.outputs) {
    if (tensor.operand == operand) return tensor;
  }
  throw std::out_of_range("no expectation for " + operand);
}

class RelationsOf : public testing::TestWithParam<std::string> {};

// What the contract says about a problem, it says about the other one.
TEST_P(RelationsOf, HoldForTheOracle) {
  const OpEntry& op = *find_op(GetParam());
  std::set<std::string> kinds;
  for (const Case& c : wrapped::drawn_cases(GetParam(), 120)) {
    Random random(7, stream_of(c.line()));
    const Problem problem =
        op.model->materialise(c, wrapped::table_of(GetParam()).subjects.back().variant);
    const Expectation mine = op.oracle->expect(problem);
    for (const Relation& relation : op.model->relations(c, problem, random)) {
      // "token 3 alone" and "token 4 alone" are one kind.
      std::string kind = relation.name;
      std::erase_if(kind, [](char letter) { return letter >= '0' && letter <= '9'; });
      kinds.insert(kind);
      const Expectation theirs = op.oracle->expect(relation.problem);
      for (const Match& match : relation.matches) {
        ASSERT_EQ(match.mine.size(), match.theirs.size());
        const Operand& my_operand = problem.operand(match.operand);
        const Operand& their_operand = relation.problem.operand(match.operand);
        const ExpectedTensor& a = expected_of(mine, match.operand);
        const ExpectedTensor& b = expected_of(theirs, match.operand);
        for (std::size_t i = 0; i < match.mine.size(); ++i) {
          const std::size_t p = match.mine[i];
          const std::size_t q = match.theirs[i];
          ASSERT_LT(p, a.value.size());
          ASSERT_LT(q, b.value.size());
          if (my_operand.cell(p) != Cell::live) continue;
          ASSERT_EQ(their_operand.cell(q), Cell::live) << relation.name << " of " << c.line();
          const double moved = match.moved_by.value_or(0);
          const double room = a.bound[p] + (match.moved_by ? b.bound[q] : 0);
          ASSERT_TRUE(close(a.value[p] + moved, b.value[q], room))
              << relation.name << " of " << c.line() << ": " << match.operand << " " << a.value[p]
              << " and " << b.value[q];
        }
      }
    }
  }
  EXPECT_GE(kinds.size(), 3U) << testing::PrintToString(kinds);
}

std::vector<std::string> names_of_ops() {
  std::vector<std::string> names;
  for (const OpEntry& op : ops()) names.push_back(op.model->schema().op);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Ops, RelationsOf, testing::ValuesIn(names_of_ops()),
                         [](const auto& op) { return op.param; });

// Flips the last bit of the first element of an output: small enough for any bound but that of
// equality.
void disturb(const Tensor& tensor) { static_cast<unsigned char*>(tensor.data)[0] ^= 1; }

// How many of the cases a check finds something in.
int cases_found(const std::vector<Case>& cases, const char* variant, Check check,
                const wrapped::Aftermath& aftermath, bool in_turn = false) {
  int found = 0;
  std::int64_t turn = 0;  // draws the relations
  for (const Case& c : cases) {
    const CaseResult result = wrapped::run_with(c, variant, aftermath, in_turn ? turn++ : 0);
    if (!testing_support::findings_of(result, check).empty()) ++found;
  }
  return found;
}

TEST(RelationsCheck, ARowThatDependsOnItsBatchmatesIsFound) {
  const auto several = [](const Case& c) {
    return c.integer("T") > 1 && c.integer("T") < 9 && c.integer("H") * c.integer("V") > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("strided_bmm", 12, several);
  const int found =
      cases_found(cases, "strided", Check::batch, [](const Call& call, LaunchContext&) {
        // Depends on the number of rows, as a heuristic that picks a kernel may.
        if (call.tensor("out").shape[0] > 1) disturb(call.tensor("out"));
      });
  EXPECT_GE(found, 3);
}

TEST(RelationsCheck, ALaterRequestThatShowsInAnEarlierOneIsFound) {
  const auto several = [](const Case& c) {
    return c.list("requests").size() >= 4 && c.list("requests")[0] > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("mla_decode", 12, several);
  const int found = cases_found(cases, "empty", Check::batch, [](const Call& call, LaunchContext&) {
    if (call.tensor("query_start_loc").shape[0] > 2) disturb(call.tensor("out"));
  });
  EXPECT_GE(found, 2);
}

TEST(RelationsCheck, ARequestThatDependsOnItsPlaceIsFound) {
  const auto several = [](const Case& c) {
    const std::vector<std::int64_t>& requests = c.list("requests");
    return requests.size() >= 4 && requests[0] > 0 && requests[2] > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("decode_expansion", 12, several);
  const int found =
      cases_found(cases, "generic", Check::batch, [](const Call& call, LaunchContext&) {
        if (call.tensor("seq_lens").shape[0] > 1) disturb(call.tensor("expanded_seq_lens"));
      });
  EXPECT_GE(found, 3);
}

TEST(RelationsCheck, AMergeThatPrefersOneSideIsFound) {
  const auto plain = [](const Case& c) {
    return c.integer("copied") < c.integer("T") && c.choice("empty") == "none" &&
           c.choice("lse") == "near" && c.flag("has_lse_out") && c.integer("H") > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("merge_states", 12, plain);
  const int found = cases_found(
      cases, "scalar", Check::probe,
      [](const Call& call, LaunchContext&) {
        const auto prefix = *call.tensor("prefix_lse").as<float>();
        const auto suffix = *call.tensor("suffix_lse").as<float>();
        const Tensor& lse = call.tensor("lse_out");
        if (lse.shape[0] * lse.shape[1] > 0 && prefix > suffix) disturb(lse);
      },
      true);
  EXPECT_GE(found, 1);
}

TEST(RelationsCheck, AChunkThatAddsNothingAndShowsIsFound) {
  const auto plain = [](const Case& c) {
    return c.integer("H") * c.integer("V") > 0 && !c.list("requests").empty() &&
           c.list("requests")[0] > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("chunked_context", 12, plain);
  const int found = cases_found(cases, "fresh", Check::probe, [](const Call& call, LaunchContext&) {
    if (call.integer("chunks") % 2 == 0) disturb(call.tensor("out"));
  });
  EXPECT_GE(found, 3);
}

// Logits of ordinary size show nothing of it, but those of the relation's problem do.
TEST(RelationsCheck, ARowFarFromZeroThatCountsAsEmptyIsFound) {
  const auto ordinary = [](const Case& c) {
    return c.choice("values") == "normal" && c.choice("scale") == "0.0625" &&
           c.list("requests").size() >= 2 && c.list("requests")[0] > 0;
  };
  const std::vector<Case> cases = wrapped::drawn_cases("mla_decode", 24, ordinary);
  const int found = cases_found(
      cases, "empty", Check::probe,
      [](const Call& call, LaunchContext&) {
        const Tensor& lse = call.tensor("lse_out");
        if (lse.shape[0] * lse.shape[1] == 0) return;
        if (*lse.as<float>() < -150) *lse.as<float>() = -HUGE_VALF;
      },
      true);
  EXPECT_GE(found, 2);
}

// A probe with a known answer counts as one where a wrong value is found.
TEST(RelationsCheck, AWrongMeanOfTheValuesIsAProbesFinding) {
  Case c(find_op("mla_decode")->model->schema());
  c.set("requests", {1, 9}).set("latent", 8).set("values", "zero_query");
  const CaseResult result = wrapped::run_with(c, "empty", [](const Call& call, LaunchContext&) {
    call.tensor("lse_out").as<float>()[0] += 1;
  });
  EXPECT_FALSE(testing_support::findings_of(result, Check::probe).empty());
  EXPECT_TRUE(testing_support::findings_of(result, Check::shapes).empty());
}

}  // namespace
}  // namespace mlacheck
