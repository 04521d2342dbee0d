// What is ordered before what: parts of a launch that run without synchronising in between.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

/// A segment is what one wave does from one barrier, or one atomic on global memory, to the next. Two
/// segments of a block are ordered by a barrier between them. Segments of two blocks are ordered where an
/// atomic of the earlier one is followed by an atomic on the same address whose result the later one reads.
class Order {
 public:
  using Segment = u32;
  static constexpr Segment kNone = 0;

  void begin_block(u32 block, std::size_t waves);
  /// All waves of the block have met at a barrier.
  void barrier();
  /// The wave executes an atomic on global memory at this address.
  void atomic(unsigned wave, u64 address, bool returns);

  /// What a load that goes past the caches sees was written there for others to see: all that the writer's
  /// block did before its next atomic is ordered before what comes now.
  void acquire(Segment writer);

  Segment current(unsigned wave);
  /// Whether an earlier segment is not ordered before what this wave does now.
  bool concurrent(Segment earlier, unsigned wave) const;
  bool same_wave(Segment earlier, unsigned wave) const;
  bool same_block(Segment earlier) const { return segments_[earlier].block == block_; }
  unsigned wave_of(Segment segment) const { return segments_[segment].wave; }
  /// "wave 1" or "wave 1 of block 5".
  std::string name_of(Segment segment) const;

 private:
  struct Described {
    u32 block = 0;
    u32 wave = 0;
    u32 interval = 0;  ///< between barriers of its block
    u32 epoch = 0;     ///< atomics of its block before it
  };
  using Known = std::unordered_map<u32, u32>;  ///< by block: epochs below this are ordered before

  std::vector<Described> segments_{1};
  u32 block_ = 0;
  u32 interval_ = 0;
  u32 epoch_ = 0;
  std::vector<Segment> current_;  // of each wave
  Known known_;
  std::unordered_map<u64, Known> released_;  // by address
};

}  // namespace mlacheck::amd
