// The host routines of prefill_context: what they refuse, allocate and launch.
#include <gtest/gtest.h>

#include <limits>

#include "properties/prefill_context/model.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(std::int64_t context, std::int64_t ranks = 1) {
  Case c(model().schema());
  c.set("requests", {2, context, 1, 1}).set("H", 2).set("latent", 4).set("nope", 3).set("rope", 2);
  return c.set("V", 4).set("page", 2).set("chunk", 4).set("ranks", ranks).set("values", "normal");
}

const std::vector<Spoiled>& spoiled_calls() {
  constexpr std::int64_t kPast32Bits = std::int64_t{1} << 32;
  static const std::vector<Spoiled> kCalls{
      tensor("q", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("q", [](Tensor& t) { t.shape[0] = 4; }),
      tensor("q", [](Tensor& t) { t.shape[2] = 0; }),
      tensor("q", [](Tensor& t) { t.dtype = DType::bf16; }),
      tensor("new_kv", [](Tensor& t) { t.shape[1] = 5; }),
      tensor("new_kv", [](Tensor& t) { t.stride[1] = 2; }),
      tensor("kv", [](Tensor& t) { t.shape[2] = 5; }),
      tensor("kv", [](Tensor& t) { t.shape[1] = 0; }),
      tensor("kv", [](Tensor& t) { t.dtype = DType::f16; }),
      tensor("w", [](Tensor& t) { t.shape[2] = 3; }),
      tensor("w", [](Tensor& t) { t.shape[2] = 10; }),
      tensor("w", [](Tensor& t) { t.shape[1] = 0; }),
      tensor("w", [](Tensor& t) { t.shape[0] = 1; }),
      tensor("query_start_loc", [](Tensor& t) { t.shape[0] = 0; }),
      tensor("block_table", [](Tensor& t) { t.shape[0] = 1; }),
      // Nine tokens of context need five pages of two.
      tensor("block_table", [](Tensor& t) { t.shape[1] = 4; }),
      tensor("context_lens", [](Tensor& t) { t.shape[0] = 3; }),
      tensor("out", [](Tensor& t) { t.stride[1] = 3; }),
      tensor("out", [](Tensor& t) { t.stride[2] = 2; }),
      integer("chunk", 0),
      integer("chunk", kPast32Bits + 4),
      integer("ranks", 0),
      integer("ranks", 65),
      integer("interleave", 0),
      integer("interleave", kPast32Bits + 1),
      integer("max_context", -1),
      integer("max_context", kPast32Bits),
      integer("prefill_tokens_with_context", 4),
      integer("prefill_tokens_with_context", -1),
      {"chunk",
       [](PlacedCall& c) {
         c.integers["chunk"] = 1;
         c.integers["max_context"] = 1025;
       }},
      // Five pages a rank are no whole number.
      {"kv", [](PlacedCall& c) { c.integers["ranks"] = 4; }},
      {"scale", [](PlacedCall& c) { c.reals["scale"] = std::numeric_limits<double>::infinity(); }},
      {"scale", [](PlacedCall& c) { c.reals["scale"] = 1e-60; }}};
  return kCalls;
}

TEST(PrefillContextHost, RefusesEachBadArgumentByName) {
  expect_refusals(model(), ordinary_case(9), spoiled_calls());
}

// 2^56 tokens of stride 0: their blocks are no number of 64 bits.
TEST(PrefillContextHost, RefusesWhatNoLaunchHolds) {
  expect_refusals(model(), ordinary_case(9),
                  {{"q", [](PlacedCall& c) {
                      constexpr std::int64_t kTokens = std::int64_t{1} << 56;
                      for (const char* name : {"q", "new_kv", "out"}) {
                        c.tensors[name].shape[0] = kTokens;
                      }
                      c.tensors["q"].stride[0] = 0;
                      c.tensors["new_kv"].stride[0] = 0;
                      c.tensors["out"].data = reinterpret_cast<void*>(std::uintptr_t{1} << 62);
                    }}});
}

struct Counts {
  int allocations;
  std::size_t launches;
};

Counts counts_of(const char* variant, std::int64_t context, std::int64_t ranks = 1) {
  PlacedCall placed(model().materialise(ordinary_case(context, ranks), variant));
  PlainContext launches;
  const Status status =
      variant_of(cpu_subjects("prefill_context"), variant).run(placed.call(), launches);
  EXPECT_TRUE(status.ok()) << status.message();
  return {launches.allocations(), launches.launches().size()};
}

// The merges of the loop: 2 (n - 1) allocations become 2, from the first merge on.
TEST(PrefillContextHost, SwapAllocatesOnce) {
  for (const std::int64_t chunks : {1, 2, 3, 5}) {
    const Counts fresh = counts_of("fresh", 4 * chunks);
    const Counts swapped = counts_of("swapped", 4 * chunks);
    const auto n = static_cast<int>(chunks);
    EXPECT_EQ(fresh.allocations, 8 + 2 * n + 2 * (n - 1));
    EXPECT_EQ(swapped.allocations, 8 + 2 * n + (n > 1 ? 2 : 0));
    EXPECT_EQ(fresh.launches, static_cast<std::size_t>(4 + 5 * n));
    EXPECT_EQ(swapped.launches, fresh.launches);
  }
}

TEST(PrefillContextHost, WithoutContextThereIsNoLoop) {
  Case c = ordinary_case(0);
  c.set("requests", {2, 0, 1, 0});
  for (const char* variant : {"fresh", "swapped"}) {
    PlacedCall placed(model().materialise(c, variant));
    PlainContext launches;
    EXPECT_TRUE(
        variant_of(cpu_subjects("prefill_context"), variant).run(placed.call(), launches).ok());
    EXPECT_EQ(launches.allocations(), 2);
    EXPECT_EQ(launches.launches().size(), 3U);
  }
}

// Each rank gathers for itself, and what they gathered is packed.
TEST(PrefillContextHost, EveryRankGathers) {
  const Counts one = counts_of("fresh", 8);
  const Counts three = counts_of("fresh", 8, 3);
  // Chunks of two tokens on each of three ranks: two chunks for eight tokens, as on one rank.
  EXPECT_EQ(three.launches, one.launches + 2 * 3);
  EXPECT_EQ(three.allocations, one.allocations + 1);
}

}  // namespace
}  // namespace mlacheck::prefill_context
