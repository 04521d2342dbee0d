#include "harness/amd/dispatch/block_order.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace mlacheck::amd {
namespace {

using Block = std::array<std::uint32_t, 3>;

std::vector<Block> all(const Block& blocks, std::optional<std::uint64_t> seed) {
  const BlockOrder order(blocks, seed);
  std::vector<Block> visited;
  for (std::uint64_t turn = 0; turn < order.count(); ++turn) visited.push_back(order.at(turn));
  return visited;
}

TEST(BlockOrder, AscendsWithXFastest) {
  EXPECT_EQ(all({2, 1, 2}, std::nullopt),
            (std::vector<Block>{{0, 0, 0}, {1, 0, 0}, {0, 0, 1}, {1, 0, 1}}));
}

TEST(BlockOrder, ASeedPermutes) {
  const Block blocks{5, 4, 3};
  std::set<std::vector<Block>> orders;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const std::vector<Block> visited = all(blocks, seed);
    EXPECT_EQ(visited.size(), 60U);
    EXPECT_EQ(std::set<Block>(visited.begin(), visited.end()).size(), 60U) << "each once";
    EXPECT_EQ(visited, all(blocks, seed));
    orders.insert(visited);
  }
  EXPECT_GT(orders.size(), 4U);
}

TEST(BlockOrder, OneBlockAndManyBlocks) {
  EXPECT_EQ(all({1, 1, 1}, 3), (std::vector<Block>{{0, 0, 0}}));
  const BlockOrder order({0x7fffffffU, 65535, 3}, 5);
  for (const std::uint64_t turn : {std::uint64_t{0}, order.count() - 1}) {
    const Block block = order.at(turn);
    EXPECT_LT(block[0], 0x7fffffffU);
    EXPECT_LT(block[1], 65535U);
    EXPECT_LT(block[2], 3U);
  }
}

}  // namespace
}  // namespace mlacheck::amd
