// The order in which the blocks of a grid run. On a device it is not defined.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace mlacheck::amd {

class BlockOrder {
 public:
  /// Ascending without a seed; else a permutation that the seed draws.
  BlockOrder(const std::array<std::uint32_t, 3>& blocks, std::optional<std::uint64_t> seed);

  std::uint64_t count() const { return count_; }
  /// The block whose turn is `turn`, below count().
  std::array<std::uint32_t, 3> at(std::uint64_t turn) const;

 private:
  std::array<std::uint32_t, 3> blocks_;
  std::uint64_t count_;
  std::uint64_t step_ = 1;
  std::uint64_t first_ = 0;
};

}  // namespace mlacheck::amd
