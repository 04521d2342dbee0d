// Which addresses a kernel may access. Device memory is host memory: an address is the host's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "harness/amd/memory/watch.hpp"

namespace mlacheck::amd {

class Allocations {
 public:
  /// Bytes [begin, end).
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  /// Throws std::invalid_argument for an empty range, and for one that overlaps a live one.
  void add(std::uint64_t begin, std::uint64_t bytes);
  /// Throws std::invalid_argument if no live range begins there.
  void remove(std::uint64_t begin);

  /// The live range that holds this address; null if none does. Valid until the next remove().
  const Range* find(std::uint64_t address) const {
    if (last_ != nullptr && address - last_->begin < last_->end - last_->begin) return last_;
    return look_up(address);
  }
  /// Whether all of [address, address + bytes) is live, if in several adjoining ranges.
  bool contains(std::uint64_t address, std::uint64_t bytes) const {
    const Range* const range = find(address);
    if (range == nullptr) return false;
    return bytes <= range->end - address || continues(*range, address, bytes);
  }

  /// The nearest live ranges below and above an address that no range holds, for messages.
  struct Neighbours {
    std::optional<Range> below;
    std::optional<Range> above;
  };
  Neighbours neighbours(std::uint64_t address) const;

  /// Who counts the accesses of kernels; null: nobody. It outlives the launches.
  void watch(Watch* watch) { watch_ = watch; }
  Watch* watch() const { return watch_; }

 private:
  const Range* look_up(std::uint64_t address) const;
  bool continues(const Range& range, std::uint64_t address, std::uint64_t bytes) const;

  std::map<std::uint64_t, Range> ranges_;  // by begin
  Watch* watch_ = nullptr;
  mutable const Range* last_ = nullptr;  // hit by the last look-up
};

}  // namespace mlacheck::amd
