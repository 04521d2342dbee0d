// What every model must go on drawing: without it the checks would have nothing to find.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "harness/subjects/ops.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck {
namespace {

constexpr int kDraws = 200;

TEST(Draws, SeedsDiffer) {
  for (const OpEntry& op : ops()) {
    std::set<std::int64_t> seeds;
    for (const Case& c : testing_support::drawn_cases(*op.model, kDraws)) {
      seeds.insert(c.integer("seed"));
    }
    // decode_expansion leaves two in five at 0, whose page ids name their place.
    EXPECT_GT(seeds.size(), kDraws / 2U) << op.model->schema().op;
  }
}

}  // namespace
}  // namespace mlacheck
