// The order in which the blocks of a grid run. On a device it is not defined.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace mlacheck::amd {

class BlockOrder {
 public:
  /// Ascending without a seed; else a permutation that the seed draws.
  BlockOrder(const std::array<std::uint32_t, 3>& blocks, std::optional<std::uint64_t> seed);

  /// Of a grid of `blocks`, only those with the numbers `chosen`, x fastest, in that order. Throws
  /// std::invalid_argument where one lies outside the grid. `chosen` must outlive it.
  BlockOrder(const std::array<std::uint32_t, 3>& blocks, std::span<const std::uint64_t> chosen);

  /// How many blocks run.
  std::uint64_t count() const { return chosen_ ? chosen_->size() : count_; }
  /// The block whose turn is `turn`, below count().
  std::array<std::uint32_t, 3> at(std::uint64_t turn) const;

 private:
  std::optional<std::span<const std::uint64_t>> chosen_;
  std::array<std::uint32_t, 3> blocks_;
  std::uint64_t count_;  // of the grid
  std::uint64_t step_ = 1;
  std::uint64_t first_ = 0;
};

}  // namespace mlacheck::amd
