#include "harness/amd/dispatch/block_order.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
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

TEST(BlockOrder, ChosenBlocksAloneInTheirOrder) {
  const std::vector<std::uint64_t> chosen{23, 0, 6};
  const BlockOrder order({4, 3, 2}, chosen);
  ASSERT_EQ(order.count(), 3U);
  EXPECT_EQ(order.at(0), (Block{3, 2, 1}));
  EXPECT_EQ(order.at(1), (Block{0, 0, 0}));
  EXPECT_EQ(order.at(2), (Block{2, 1, 0}));
  const std::vector<std::uint64_t> none;
  EXPECT_EQ(BlockOrder({4, 3, 2}, none).count(), 0U);
}

TEST(BlockOrder, RefusesWhatIsNoBlockOfTheGrid) {
  const std::vector<std::uint64_t> chosen{5, 24};
  EXPECT_THROW(BlockOrder({4, 3, 2}, chosen), std::invalid_argument);
}

}  // namespace
}  // namespace mlacheck::amd
