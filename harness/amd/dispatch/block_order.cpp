#include "harness/amd/dispatch/block_order.hpp"

#include <numeric>
#include <random>

namespace mlacheck::amd {

BlockOrder::BlockOrder(const std::array<std::uint32_t, 3>& blocks,
                       std::optional<std::uint64_t> seed)
    : blocks_(blocks), count_(std::uint64_t{blocks[0]} * blocks[1] * blocks[2]) {
  if (!seed || count_ < 2) return;
  std::mt19937_64 random(*seed);
  first_ = random() % count_;
  // Steps of a length prime to the number of blocks meet each of them once.
  do {
    step_ = 1 + random() % (count_ - 1);
  } while (std::gcd(step_, count_) != 1);
}

std::array<std::uint32_t, 3> BlockOrder::at(std::uint64_t turn) const {
  __extension__ using Wide = unsigned __int128;
  const auto number =
      static_cast<std::uint64_t>((static_cast<Wide>(turn) * step_ + first_) % count_);
  return {static_cast<std::uint32_t>(number % blocks_[0]),
          static_cast<std::uint32_t>(number / blocks_[0] % blocks_[1]),
          static_cast<std::uint32_t>(number / blocks_[0] / blocks_[1])};
}

}  // namespace mlacheck::amd
