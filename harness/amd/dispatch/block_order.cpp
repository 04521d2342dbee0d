#include "harness/amd/dispatch/block_order.hpp"

#include <numeric>
#include <random>
#include <stdexcept>
#include <string>

namespace mlacheck::amd {
namespace {

std::uint64_t blocks_in(const std::array<std::uint32_t, 3>& grid) {
  return std::uint64_t{grid[0]} * grid[1] * grid[2];
}

}  // namespace

BlockOrder::BlockOrder(const std::array<std::uint32_t, 3>& blocks,
                       std::optional<std::uint64_t> seed)
    : blocks_(blocks), count_(blocks_in(blocks)) {
  if (!seed || count_ < 2) return;
  std::mt19937_64 random(*seed);
  first_ = random() % count_;
  // Steps of a length prime to the number of blocks meet each of them once.
  do {
    step_ = 1 + random() % (count_ - 1);
  } while (std::gcd(step_, count_) != 1);
}

BlockOrder::BlockOrder(const std::array<std::uint32_t, 3>& blocks,
                       std::span<const std::uint64_t> chosen)
    : chosen_(chosen), blocks_(blocks), count_(blocks_in(blocks)) {
  for (const std::uint64_t number : chosen) {
    if (number < count_) continue;
    throw std::invalid_argument("chosen block " + std::to_string(number) + ": expected one of " +
                                std::to_string(count_) + " blocks of the grid");
  }
}

std::array<std::uint32_t, 3> BlockOrder::at(std::uint64_t turn) const {
  __extension__ using Wide = unsigned __int128;
  const auto number =
      chosen_ ? (*chosen_)[turn]
              : static_cast<std::uint64_t>((static_cast<Wide>(turn) * step_ + first_) % count_);
  return {static_cast<std::uint32_t>(number % blocks_[0]),
          static_cast<std::uint32_t>(number / blocks_[0] % blocks_[1]),
          static_cast<std::uint32_t>(number / blocks_[0] / blocks_[1])};
}

}  // namespace mlacheck::amd
