#include "harness/amd/monitor/order.hpp"

#include <algorithm>
#include <string>

namespace mlacheck::amd {
namespace {

template <class Known>
void merge(Known& into, const Known& from) {
  for (const auto& [block, epoch] : from) {
    u32& known = into[block];
    known = std::max(known, epoch);
  }
}

}  // namespace

void Order::begin_block(u32 block, std::size_t waves) {
  block_ = block;
  interval_ = 0;
  epoch_ = 0;
  known_.clear();
  current_.assign(waves, kNone);
}

void Order::barrier() {
  ++interval_;
  std::ranges::fill(current_, kNone);
}

void Order::atomic(unsigned wave, u64 address, bool returns) {
  Known& released = released_[address];
  if (returns) merge(known_, released);
  merge(released, known_);
  released[block_] = ++epoch_;
  current_.at(wave) = kNone;
}

void Order::acquire(Segment writer) {
  const Described& from = segments_[writer];
  if (from.block == block_) return;
  u32& known = known_[from.block];
  known = std::max(known, from.epoch + 1);
}

Order::Segment Order::current(unsigned wave) {
  Segment& segment = current_[wave];
  if (segment == kNone) {
    segment = static_cast<Segment>(segments_.size());
    segments_.push_back({block_, wave, interval_, epoch_});
  }
  return segment;
}

bool Order::same_wave(Segment earlier, unsigned wave) const {
  const Described& from = segments_[earlier];
  return from.block == block_ && from.wave == wave;
}

bool Order::concurrent(Segment earlier, unsigned wave) const {
  const Described& from = segments_[earlier];
  if (from.block == block_) return from.wave != wave && from.interval == interval_;
  const auto known = known_.find(from.block);
  return known == known_.end() || from.epoch >= known->second;
}

std::string Order::name_of(Segment segment) const {
  const Described& from = segments_[segment];
  const std::string wave = "wave " + std::to_string(from.wave);
  return from.block == block_ ? wave : wave + " of block number " + std::to_string(from.block);
}

}  // namespace mlacheck::amd
