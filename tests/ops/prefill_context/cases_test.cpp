// prefill_context: its cases, its schedule, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "properties/prefill_context/model.hpp"
#include "reference/prefill_context/oracle.hpp"
#include "reference/prefill_context/schedule.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

// What each request of a case has, chunk after chunk.
void note_chunks(testing_support::ClassesMet& classes, const Case& c) {
  const Parameters p = Parameters::of(model().materialise(c, ""));
  const std::int64_t chunks = chunk_count(p);
  for (const std::int64_t n : {0, 1, 2, 3, 4}) {
    classes.note(chunks == n, "chunks: " + std::to_string(n));
  }
  const std::vector<std::int64_t>& requests = c.list("requests");
  bool none_so_far = false;
  bool context_after_none = false;
  for (std::size_t r = 0; r < requests.size(); r += 2) {
    if (requests[r] == 0) {
      classes.note(requests[r + 1] > 0, "context of a request without tokens");
      continue;
    }
    const std::int64_t context = requests[r + 1];
    context_after_none = context_after_none || (context > 0 && none_so_far);
    none_so_far = none_so_far || context == 0;
    classes.note(context == 0 && chunks > 1, "request without context");
    std::int64_t present = 0;
    for (std::int64_t j = 0; j < chunks; ++j) {
      const auto tokens = std::ssize(tokens_of_chunk(p, context, j));
      present += tokens > 0 ? 1 : 0;
      classes.note(tokens > 16, "more than one tile of keys in a chunk");
    }
    classes.note(present > 0 && present < chunks, "exhausted before the last chunk");
    std::int64_t idle = 0;
    for (std::int64_t q = 0; q < p.ranks; ++q) idle += held_by(p, context, q) == 0 ? 1 : 0;
    classes.note(context > 0 && idle > 0, "rank without keys of a request");
    classes.note(context > p.interleave && p.ranks > 1 && context % p.interleave != 0,
                 "run cut short");
  }
  classes.note(context_after_none, "context after a request without");
}

TEST(PrefillContextCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn_cases(model(), 800)) {
    classes.note(c);
    note_chunks(classes, c);
    const std::int64_t width = c.integer("V");
    classes.note(width == 0, "no width");
    classes.note(width > c.integer("nope") + c.integer("rope"), "values wider than keys");
    classes.note(width > 0 && width < c.integer("nope") + c.integer("rope"), "padded values");
    for (const std::int64_t ranks : {1, 2, 3, 4}) {
      classes.note(c.integer("ranks") == ranks, "ranks: " + std::to_string(ranks));
    }
  }
  classes.expect_all();
}

// The latents of the cached tokens of all requests, in their order.
std::vector<std::uint32_t> cached_latents(const Case& c, const Problem& problem) {
  const Operands<const Problem> o{problem};
  const Parameters p = Parameters::of(problem);
  const std::int64_t page = o.kv().layout.shape[1];
  const std::int64_t rank_pages = o.kv().layout.shape[0] / p.ranks;
  std::vector<std::uint32_t> latents;
  for (std::int64_t r = 0; r < o.requests(); ++r) {
    const std::int64_t context = c.list("requests")[static_cast<std::size_t>(2 * r + 1)];
    for (std::int64_t token = 0; token < context; ++token) {
      const auto [rank, position] = place_of(p, token);
      const std::int64_t entry = r * o.block_table().layout.shape[1] + position / page;
      const std::int64_t id = o.block_table().bits[static_cast<std::size_t>(entry)];
      const std::int64_t slot = (rank * rank_pages + id) * page + position % page;
      for (std::int64_t column = 0; column < o.columns(); ++column) {
        const auto at = static_cast<std::size_t>(slot * o.columns() + column);
        EXPECT_EQ(o.kv().cell(at), Cell::live);
        latents.push_back(o.kv().bits[at]);
      }
    }
  }
  return latents;
}

// A twin places its pages elsewhere.
TEST(PrefillContextCases, TwinsHoldTheSameNumbers) {
  for (const Case& c : drawn_cases(model(), 200)) {
    const Case twin = model().layout_twin(c);
    EXPECT_FALSE(twin == c);
    const Problem one = model().materialise(c, "");
    const Problem two = model().materialise(twin, "");
    ASSERT_EQ(cached_latents(c, one), cached_latents(twin, two)) << c.line();
    for (const char* name : {"q", "new_kv", "w", "query_start_loc", "context_lens"}) {
      ASSERT_EQ(one.operand(name).bits, two.operand(name).bits) << name << " of " << c.line();
    }
    EXPECT_EQ(one.integers, two.integers);
  }
}

// A cached token is the same whoever holds it: ranks and chunks are addressing.
TEST(PrefillContextCases, ContentsDoNotDependOnTheSchedule) {
  Case c(model().schema());
  c.set("requests", {2, 13, 1, 6}).set("latent", 3).set("page", 2).set("values", "normal");
  const std::vector<std::uint32_t> plain = cached_latents(c, model().materialise(c, ""));
  c.set("ranks", 3).set("interleave", 2).set("chunk", 4);
  EXPECT_EQ(cached_latents(c, model().materialise(c, "")), plain);
}

// Every token has one place, every place one token, and the chunks have each once.
TEST(PrefillContextSchedule, DealsEveryTokenOutOnce) {
  for (const std::int64_t ranks : {1, 2, 3, 4}) {
    for (const std::int64_t interleave : {1, 2, 5}) {
      for (std::int64_t length = 0; length < 40; ++length) {
        const Parameters p{
            .chunk = 7, .ranks = ranks, .interleave = interleave, .max_context = length};
        std::set<std::pair<std::int64_t, std::int64_t>> dealt;
        std::vector<std::int64_t> held(static_cast<std::size_t>(ranks), 0);
        for (std::int64_t token = 0; token < length; ++token) {
          const auto [rank, position] = place_of(p, token);
          EXPECT_TRUE(dealt.emplace(rank, position).second);
          // A rank counts its own tokens one by one.
          EXPECT_EQ(position, held[static_cast<std::size_t>(rank)]++);
        }
        for (std::int64_t rank = 0; rank < ranks; ++rank) {
          EXPECT_EQ(held_by(p, length, rank), held[static_cast<std::size_t>(rank)]);
        }
        std::set<std::pair<std::int64_t, std::int64_t>> in_chunks;
        for (std::int64_t j = 0; j < chunk_count(p); ++j) {
          for (const auto& [rank, position] : tokens_of_chunk(p, length, j)) {
            EXPECT_TRUE(in_chunks.emplace(rank, position).second);
          }
        }
        EXPECT_EQ(in_chunks, dealt);
      }
    }
  }
}

TEST(PrefillContextSchedule, OneRankHasPlainChunks) {
  const Parameters p{.chunk = 4, .max_context = 9};
  EXPECT_EQ(chunk_count(p), 3);
  EXPECT_EQ(std::ssize(tokens_of_chunk(p, 9, 2)), 1);
  EXPECT_EQ(tokens_of_chunk(p, 6, 1)[1].position, 5);
  EXPECT_TRUE(tokens_of_chunk(p, 6, 2).empty());
}

// One head, keys of one column and values of one, latents (key, value): w is the unit matrix. The
// logits are the keys themselves: 0, log 2 and log 3 in the cache, 0 for the new token.
Problem hand_problem(std::int64_t chunk, std::int64_t ranks) {
  const double two = std::log(2.0);
  const double three = std::log(3.0);
  Problem problem;
  const auto input = [&](const char* name, std::vector<std::int64_t> shape,
                         const std::vector<double>& values) {
    problem.operands.push_back(
        dense_operand(name, DType::f32, Access::input, std::move(shape), values));
  };
  const auto integers = [&](const char* name, std::vector<std::int64_t> shape,
                            const std::vector<double>& values) {
    problem.operands.push_back(
        dense_operand(name, DType::i32, Access::input, std::move(shape), values));
  };
  input("q", {2, 1, 1}, {1, 1});
  input("new_kv", {2, 2}, {0, 18, 0, 5});
  if (ranks == 1) {
    input("kv", {3, 1, 2}, {three, 3, 0, 6, two, 12});  // page ids 1, 2, 0
    integers("block_table", {2, 3}, {1, 2, 0, -7, -7, -7});
  } else {
    // Tokens 0 and 2 lie on the first rank, token 1 on the second.
    input("kv", {4, 1, 2}, {0, 6, three, 3, two, 12, 99, 99});
    integers("block_table", {2, 2}, {0, 1, -7, -7});
  }
  input("w", {1, 2, 2}, {1, 0, 0, 1});
  integers("query_start_loc", {3}, {0, 1, 2});
  integers("context_lens", {2}, {3, 0});
  problem.operands.push_back(dense_operand("out", DType::f32, Access::output, {2, 1, 1}, {}));
  reference::write_scalars(
      problem,
      Parameters{
          .chunk = chunk, .ranks = ranks, .max_context = 3, .context_tokens = 1, .scale = 1});
  return problem;
}

// Weights of 1, 2 and 3 sevenths in the cache, one seventh for the token itself.
TEST(PrefillContextOracle, HandComputedValues) {
  constexpr double kExpected = (6 + 2 * 12 + 3 * 3 + 18) / 7.0;
  for (const std::int64_t ranks : {1, 2}) {
    for (const std::int64_t chunk : {1, 2, 3, 8}) {
      const Problem problem = hand_problem(chunk, ranks);
      const Expectation expectation = oracle().expect(problem);
      const ExpectedTensor& out = expectation.outputs[0];
      EXPECT_NEAR(out.value[0], kExpected, 1e-6);
      EXPECT_GT(out.bound[0], 0);
      EXPECT_LT(out.bound[0], 1e-4);
      EXPECT_EQ(out.value[1], 5);
      EXPECT_EQ(out.bound[1], 0);
      for (const char* backend : {"cpu.w32", "cpu.w64"}) {
        for (const Subject& subject : cpu_subjects("prefill_context", backend).subjects) {
          PlacedCall placed(problem);
          PlainContext context;
          const Status status = subject.run(placed.call(), context);
          ASSERT_TRUE(status.ok()) << status.message();
          EXPECT_NEAR(placed.read("out")[0], kExpected, 1e-5);
          EXPECT_EQ(placed.read("out")[1], 5);
        }
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::prefill_context
