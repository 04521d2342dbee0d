// The table of `mlacheck cost --layer`, by number: sums of what tests/ops has of each op.
#include "harness/sweep/layer_cost.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

const LayerCost& of(const std::vector<LayerCost>& costs, const std::string& op,
                    const std::string& variant) {
  for (const LayerCost& cost : costs) {
    if (cost.op == op && cost.variant == variant) return cost;
  }
  throw std::out_of_range(op + " " + variant);
}

TEST(LayerCost, OfDeepSeekV2LiteByNumber) {
  const std::vector<LayerCost> costs = layer_costs(layer_models().front());
  ASSERT_EQ(costs.size(), 8U);
  EXPECT_EQ(of(costs, "prefill_context", "fresh").cost, (Cost{.launches = 84,
                                                              .allocations = 70,
                                                              .bytes_allocated = 202'506'368,
                                                              .peak_bytes = 39'190'656,
                                                              .bytes_copied = 6'291'456}));
  // Rope columns of 128 tokens: 262,144 bytes. The copies of two products come on top, and a fill.
  constexpr std::uint64_t kRope = 128 * 16 * 64 * 2;
  constexpr std::uint64_t kProducts = 2'621'440;
  constexpr std::uint64_t kLatentOut = 128 * 16 * 512 * 2;
  EXPECT_EQ(of(costs, "decode_step", "plain").cost,
            (Cost{.launches = 12,
                  .allocations = 13,
                  .bytes_allocated = 21'538'308 + kProducts + 4 * (128 + 64 + 1),
                  .peak_bytes = 21'538'308,
                  .bytes_filled = kLatentOut,
                  .bytes_copied = kProducts + kRope}));
  constexpr std::uint64_t kValues = 128 * 16 * 128 * 2;
  EXPECT_EQ(of(costs, "output_step", "plain").cost, (Cost{.launches = 5,
                                                          .allocations = 2,
                                                          .bytes_allocated = 2 * kValues,
                                                          .peak_bytes = kValues,
                                                          .bytes_copied = 2 * kValues}));
  EXPECT_EQ(of(costs, "", "optimised").cost, (Cost{.launches = 84 + 7 + 3,
                                                   .allocations = 42 + 9,
                                                   .bytes_allocated = 142'868'608 + 21'538'308,
                                                   .peak_bytes = 39'190'656,
                                                   .bytes_copied = 6'291'456 + kRope}));
}

// Each rank of eight has an eighth of the heads, and V2-Lite as many as V3 on eight ranks.
TEST(LayerCost, GoesWithTheHeads) {
  const std::vector<LayerModel>& models = layer_models();
  ASSERT_EQ(models.size(), 4U);
  const auto copied = [&](std::size_t model) {
    return of(layer_costs(models[model]), "", "baseline").cost.bytes_copied;
  };
  EXPECT_EQ(copied(1), 8 * copied(2));
  EXPECT_EQ(copied(0), copied(2));
  EXPECT_EQ(copied(3), copied(2) / 2);
}

}  // namespace
}  // namespace mlacheck
