// chunked_context: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "properties/chunked_context/model.hpp"
#include "properties/common/values.hpp"
#include "reference/chunked_context/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::chunked_context {
namespace {

using testing_support::cpu_subjects;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<Case> drawn(int count) { return drawn_cases(model(), count); }

std::string name_of_chunk(const char* what, std::int64_t chunk) {
  return std::string("chunk_") + what + "_" + std::to_string(chunk);
}

TEST(ChunkedContextCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn(600)) {
    classes.note(c);
    const std::int64_t chunks = c.integer("chunks");
    for (const std::int64_t n : {1, 2, 3, 4, 33}) {
      classes.note(chunks == n, "chunks=" + std::to_string(n));
    }
    const std::vector<std::int64_t>& requests = c.list("requests");
    bool context_after_none = false;
    bool none_so_far = false;
    classes.note(!requests.empty(), "a request");
    for (std::size_t r = 0; r < requests.size(); r += 2) {
      classes.note(requests[r] != 0, "a request with tokens");
      if (requests[r] == 0) continue;
      const std::int64_t context = requests[r + 1];
      classes.note(context == 0 && chunks > 1, "request without context");
      classes.note(context == 1 && chunks > 2, "exhausted after the first chunk");
      classes.note(context == chunks - 1 && chunks > 2, "exhausted before the last chunk");
      classes.note(context == chunks && chunks > 2, "present in all chunks");
      context_after_none = context_after_none || (context > 0 && none_so_far);
      none_so_far = none_so_far || context == 0;
    }
    classes.note(context_after_none, "context after a request without");
    classes.note(c.flag("suffix_empty"), "empty suffix rows");
    classes.note(c.choice("chunk_layouts") == "alternate" && chunks > 1,
                 "chunks with layouts of their own");
    classes.note(c.integer("V") == 0, "no width");
  }
  classes.expect_all();
}

TEST(ChunkedContextCases, OnlyTheSwapMayOverwriteTheFirstChunk) {
  Case c(model().schema());
  c.set("chunks", 3).set("requests", {1, 0, 1, 3}).set("H", 1).set("V", 2);
  const Problem fresh = model().materialise(c, "fresh");
  const Problem swapped = model().materialise(c, "swapped");
  EXPECT_EQ(fresh.operand("chunk_out_0").access, Access::input);
  EXPECT_EQ(fresh.operand("chunk_out_0").cells,
            (std::vector<Cell>{Cell::dead, Cell::dead, Cell::live, Cell::live}));
  EXPECT_EQ(swapped.operand("chunk_out_0").access, Access::update);
  EXPECT_EQ(swapped.operand("chunk_lse_0").access, Access::update);
  EXPECT_EQ(swapped.operand("chunk_out_0").cells, std::vector<Cell>(4, Cell::optional));
  EXPECT_EQ(swapped.operand("chunk_out_1").access, Access::input);
  // The live half has the same contents; the empty half holds junk.
  EXPECT_EQ(swapped.operand("chunk_out_0").bits[2], fresh.operand("chunk_out_0").bits[2]);
  EXPECT_TRUE(std::isnan(swapped.operand("chunk_out_0").values()[0]));
  c.set("chunks", 2);
  EXPECT_EQ(model().materialise(c, "swapped").operand("chunk_out_0").access, Access::input);
}

TEST(ChunkedContextCases, ContextEndsWithTheLastRequestThatHasOne) {
  Case c(model().schema());
  c.set("chunks", 2).set("requests", {2, 0, 3, 1, 4, 0}).set("H", 1).set("V", 1);
  EXPECT_EQ(model().materialise(c, "fresh").integer("prefill_tokens_with_context"), 5);
  c.set("context_rows", "all");
  EXPECT_EQ(model().materialise(c, "fresh").integer("prefill_tokens_with_context"), 9);
}

// A problem with one head and one element, `rows` of (value, LSE) for each part, suffix last.
Problem problem_of(const std::vector<std::vector<std::pair<double, double>>>& parts,
                   std::int64_t context_tokens, DType dtype) {
  Problem problem;
  const auto tokens = static_cast<std::int64_t>(parts[0].size());
  for (std::size_t j = 0; j < parts.size(); ++j) {
    const bool suffix = j + 1 == parts.size();
    const auto chunk = static_cast<std::int64_t>(j);
    Operand out;
    out.name = suffix ? "suffix_out" : name_of_chunk("out", chunk);
    out.dtype = dtype;
    out.layout = Layout::dense({tokens, 1, 1});
    Operand lse;
    lse.name = suffix ? "suffix_lse" : name_of_chunk("lse", chunk);
    lse.layout = Layout::dense({1, tokens});
    for (const auto& [value, l] : parts[j]) {
      out.bits.push_back(encode(dtype, value));
      lse.bits.push_back(encode(DType::f32, l));
    }
    problem.operands.push_back(out);
    problem.operands.push_back(lse);
  }
  Operand out;
  out.name = "out";
  out.dtype = dtype;
  out.access = Access::output;
  out.layout = Layout::dense({tokens, 1, 1});
  problem.operands.push_back(out);
  problem.integers = {{"chunks", static_cast<std::int64_t>(parts.size()) - 1},
                      {"prefill_tokens_with_context", context_tokens}};
  return problem;
}

// Token 0: weights 1/6, 2/6, 3/6. Token 1: empty but for the suffix. Token 2: past C. Token 3:
// nothing at all.
Problem hand_problem() {
  const double two = std::log(2.0);
  const double three = std::log(3.0);
  return problem_of({{{6, 0}, {9, -kInf}, {9, 0}, {9, -kInf}},
                     {{12, two}, {9, kInf}, {9, 0}, {9, -kInf}},
                     {{18, three}, {2.5, 1}, {7, kInf}, {9, -kInf}}},
                    2, DType::bf16);
}

TEST(ChunkedContextOracle, HandComputedValues) {
  const Expectation expectation = oracle().expect(hand_problem());
  ASSERT_EQ(expectation.outputs.size(), 1U);
  const ExpectedTensor& out = expectation.outputs[0];
  EXPECT_NEAR(out.value[0], 14, 1e-5);
  // Two roundings to bf16: of 10 to within 2^-5, weighed by a half, and of 14 to within 2^-5.
  EXPECT_GT(out.bound[0], 1.4 * 0x1.0p-5);
  EXPECT_LT(out.bound[0], 1.6 * 0x1.0p-5);
  EXPECT_EQ(out.value[1], 2.5);
  EXPECT_EQ(out.bound[1], 0);
  EXPECT_EQ(out.value[2], 7);
  EXPECT_EQ(out.bound[2], 0);
}

TEST(ChunkedContextOracle, EmptyThroughoutIsZero) {
  Problem problem = hand_problem();
  problem.integers[1].second = 4;
  const Expectation expectation = oracle().expect(problem);
  EXPECT_EQ(expectation.outputs[0].value[3], 0);
  EXPECT_EQ(expectation.outputs[0].bound[3], 0);
}

// Folding one chunk after the other is a softmax over all of them at once, whatever the number.
TEST(ChunkedContextOracle, EqualsOneSoftmaxOverAllChunks) {
  Random random(3, 3);
  for (const std::size_t chunks : {1U, 2U, 5U, 33U}) {
    std::vector<std::vector<std::pair<double, double>>> parts(chunks + 1);
    double top = 0;
    double bottom = 0;
    for (auto& part : parts) {
      const double value = static_cast<double>(random.between(-100, 100)) / 16;
      const double lse = static_cast<double>(random.between(-64, 64)) / 32;
      part.emplace_back(value, lse);
      top += value * std::exp(lse);
      bottom += std::exp(lse);
    }
    const Expectation expectation = oracle().expect(problem_of(parts, 1, DType::f32));
    EXPECT_NEAR(expectation.outputs[0].value[0], top / bottom, 1e-6) << chunks;
    EXPECT_LT(expectation.outputs[0].bound[0], 1e-4) << chunks;
  }
}

TEST(ChunkedContextHost, HandComputedValues) {
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    const SubjectTable table = cpu_subjects("chunked_context", backend);
    for (const Subject& subject : table.subjects) {
      PlacedCall placed(hand_problem());
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      const std::vector<double> out = placed.read("out");
      EXPECT_NEAR(out[0], 14, 0x1.0p-4);
      EXPECT_EQ(out[1], 2.5);
      EXPECT_EQ(out[2], 7);
    }
  }
}

}  // namespace
}  // namespace mlacheck::chunked_context
