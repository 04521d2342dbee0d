// chunked_context: its cases, its oracle against numbers worked out by hand, its refusals and its
// cost.
#include "properties/chunked_context.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "properties/values.hpp"
#include "reference/chunked_context.hpp"
#include "tests/self/classes_met.hpp"
#include "tests/self/drawn_cases.hpp"
#include "tests/self/placed_state_call.hpp"

namespace mlacheck {
namespace {

using testing_support::cpu_subjects;
using testing_support::drawn_cases;
using testing_support::PlacedStateCall;
using testing_support::variant_of;

constexpr double kInf = std::numeric_limits<double>::infinity();

const OpModel& model() { return chunked_context_model(); }

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
    classes.note(c.list("chunk_out_layouts").size() > 4, "chunks with layouts of their own");
    classes.note(c.integer("V") == 0, "no width");
  }
  classes.expect_all();
}

TEST(ChunkedContextCases, OnlyTheSwapMayOverwriteTheFirstChunk) {
  Case c(model().schema());
  c.set("chunks", 3).set("requests", {1, 0, 1, 3}).set("N", 1).set("V", 2);
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
  c.set("chunks", 2).set("requests", {2, 0, 3, 1, 4, 0}).set("N", 1).set("V", 1);
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
  const Expectation expectation = chunked_context_oracle().expect(hand_problem());
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
  const Expectation expectation = chunked_context_oracle().expect(problem);
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
    const Expectation expectation =
        chunked_context_oracle().expect(problem_of(parts, 1, DType::f32));
    EXPECT_NEAR(expectation.outputs[0].value[0], top / bottom, 1e-6) << chunks;
    EXPECT_LT(expectation.outputs[0].bound[0], 1e-4) << chunks;
  }
}

TEST(ChunkedContextHost, HandComputedValues) {
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    const SubjectTable table = cpu_subjects("chunked_context", backend);
    for (const Subject& subject : table.subjects) {
      PlacedStateCall placed(hand_problem());
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      const std::vector<double> out = placed.read("out");
      EXPECT_NEAR(out[0], 14, 0x1.0p-4);
      EXPECT_EQ(out[1], 2.5);
      EXPECT_EQ(out[2], 7);
    }
  }
}

Case ordinary_case(std::int64_t chunks) {
  Case c(model().schema());
  c.set("chunks", chunks).set("requests", {2, chunks, 1, 1}).set("N", 2).set("V", 16);
  c.set("dtype", "bf16").set("values", "normal").set("lse", "near");
  return c;
}

// The whole point of the swap: 2 (n - 1) allocations become 2, from the first merge on.
TEST(ChunkedContextHost, SwapAllocatesOnce) {
  const SubjectTable table = cpu_subjects("chunked_context");
  for (const std::int64_t chunks : {1, 2, 3, 16}) {
    for (const char* variant : {"fresh", "swapped"}) {
      const bool fresh = variant == std::string("fresh");
      PlacedStateCall placed(model().materialise(ordinary_case(chunks), variant));
      PlainContext context;
      ASSERT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
      EXPECT_EQ(context.allocations(), fresh ? 2 * (chunks - 1) : (chunks > 1 ? 2 : 0))
          << variant << ' ' << chunks;
      EXPECT_EQ(static_cast<std::int64_t>(context.launches().size()), chunks) << variant;
    }
  }
}

struct Spoiled {
  const char* argument;  ///< named by the message
  std::function<void(PlacedStateCall&)> spoil;
  bool swapped_only = false;
};

std::vector<Spoiled> spoiled_calls() {
  std::vector<Spoiled> calls{
      {"chunks", [](PlacedStateCall& c) { c.integers["chunks"] = 0; }},
      {"chunk_out_3", [](PlacedStateCall& c) { c.integers["chunks"] = 4; }},
      {"chunk_lse_1", [](PlacedStateCall& c) { c.tensors.erase("chunk_lse_1"); }},
      {"prefill_tokens_with_context",
       [](PlacedStateCall& c) { c.integers["prefill_tokens_with_context"] = 4; }},
      {"prefill_tokens_with_context",
       [](PlacedStateCall& c) { c.integers["prefill_tokens_with_context"] = -1; }},
      {"out", [](PlacedStateCall& c) { c.tensors["out"].stride[1] = 8; }},
      {"out", [](PlacedStateCall& c) { c.tensors["out"].dtype = DType::i32; }},
      {"out", [](PlacedStateCall& c) { c.tensors["out"].data = c.tensors["chunk_out_1"].data; }},
      {"out", [](PlacedStateCall& c) { c.tensors["out"].data = c.tensors["suffix_lse"].data; }},
      // A backend that returns its persistent buffer for every chunk.
      {"chunk_out_0",
       [](PlacedStateCall& c) { c.tensors["chunk_out_2"].data = c.tensors["chunk_out_0"].data; },
       true},
      {"chunk_lse_0",
       [](PlacedStateCall& c) { c.tensors["chunk_lse_1"].data = c.tensors["chunk_lse_0"].data; },
       true},
      // One row for all tokens: fine to read, not to write.
      {"chunk_out_0", [](PlacedStateCall& c) { c.tensors["chunk_out_0"].stride[0] = 0; }, true},
      {"chunk_lse_0", [](PlacedStateCall& c) { c.tensors["chunk_lse_0"].stride[1] = 0; }, true},
  };
  for (const char* name : {"chunk_out_0", "chunk_out_2", "suffix_out", "out"}) {
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].data = nullptr; }});
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].rank = 2; }});
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].stride[2] = 2; }});
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].stride[0] = -1; }});
  }
  for (const char* name : {"chunk_lse_0", "chunk_lse_2", "suffix_lse"}) {
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].data = nullptr; }});
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].dtype = DType::f16; }});
    calls.push_back({name, [name](PlacedStateCall& c) { c.tensors[name].shape[1] = 4; }});
  }
  return calls;
}

TEST(ChunkedContextHost, RefusesBadArgumentsAndTouchesNothing) {
  const SubjectTable table = cpu_subjects("chunked_context");
  for (const Subject& subject : table.subjects) {
    int number = 0;
    for (const Spoiled& spoiled : spoiled_calls()) {
      PlacedStateCall placed(model().materialise(ordinary_case(3), subject.variant));
      spoiled.spoil(placed);
      PlainContext context;
      const Status status = subject.run(placed.call(), context);
      if (spoiled.swapped_only && subject.variant == "fresh") {
        EXPECT_TRUE(status.ok()) << number << status.message();
        ++number;
        continue;
      }
      EXPECT_EQ(status.code(), StatusCode::invalid_argument) << number;
      const std::string start = "argument " + std::string(spoiled.argument) + ":";
      EXPECT_EQ(status.message().substr(0, start.size()), start) << number << status.message();
      EXPECT_TRUE(placed.untouched()) << number;
      EXPECT_TRUE(context.launches().empty()) << number;
      EXPECT_EQ(context.allocations(), 0) << number;
      ++number;
    }
  }
}

}  // namespace
}  // namespace mlacheck
