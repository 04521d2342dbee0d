// Warp collectives: a rendezvous of the lanes named in a mask, then an exchange of values.
#include <bit>
#include <climits>

#include "harness/backends/cpu/block/thread_block.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

namespace mlacheck::cpu {
namespace {

// Values are read and written as words: library calls would be noticed by TSan.
using Word32 [[gnu::may_alias]] = std::uint32_t;
using Word64 [[gnu::may_alias]] = std::uint64_t;

std::uint64_t read_word(const void* address, unsigned bytes) {
  return bytes == 4 ? *static_cast<const Word32*>(address) : *static_cast<const Word64*>(address);
}

void write_word(void* address, unsigned bytes, std::uint64_t value) {
  if (bytes == 4) {
    *static_cast<Word32*>(address) = static_cast<std::uint32_t>(value);
  } else {
    *static_cast<Word64*>(address) = value;
  }
}

bool is_shuffle(Collective kind) {
  return kind == Collective::shuffle || kind == Collective::shuffle_up ||
         kind == Collective::shuffle_down || kind == Collective::shuffle_xor;
}

unsigned result_bytes(Collective kind) {
  return kind == Collective::ballot || kind == Collective::any || kind == Collective::all ? 8 : 4;
}

// Which lane `lane` reads from (CUDA C++ Programming Guide, "Warp Shuffle Functions").
unsigned source_lane(const CollectiveRequest& request, unsigned lane) {
  const auto width = static_cast<unsigned>(request.width);
  const unsigned segment = lane & ~(width - 1U);
  switch (request.kind) {
    case Collective::shuffle:
      return segment | (request.operand & (width - 1U));
    case Collective::shuffle_up:
      return lane - segment >= request.operand ? lane - request.operand : lane;
    case Collective::shuffle_down:
      return request.operand < width - (lane - segment) ? lane + request.operand : lane;
    default: {
      // Earlier segments may be read, later ones not.
      const unsigned source = lane ^ request.operand;
      return source < segment + width ? source : lane;
    }
  }
}

std::uint64_t combine(Collective kind, std::uint64_t accumulated, std::uint64_t value) {
  const auto a = static_cast<std::uint32_t>(accumulated);
  const auto b = static_cast<std::uint32_t>(value);
  switch (kind) {
    case Collective::reduce_add:
      return static_cast<std::uint32_t>(a + b);
    case Collective::reduce_min_unsigned:
      return a < b ? a : b;
    case Collective::reduce_max_unsigned:
      return a > b ? a : b;
    case Collective::reduce_min_signed:
      return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? a : b;
    case Collective::reduce_max_signed:
      return static_cast<std::int32_t>(a) > static_cast<std::int32_t>(b) ? a : b;
    case Collective::any:
      return accumulated | value;
    case Collective::all:
      return accumulated & value;
    default:
      return accumulated;
  }
}

template <class Function>
void for_each_lane(std::uint64_t lanes, Function function) {
  for (; lanes != 0; lanes &= lanes - 1) function(static_cast<unsigned>(std::countr_zero(lanes)));
}

}  // namespace

GpuThread& ThreadBlock::lane_thread(const Warp& warp, unsigned lane) {
  return threads_[(static_cast<std::size_t>(&warp - warps_.data()) << warp_shift_) + lane];
}

void ThreadBlock::collective(const CollectiveRequest& request) {
  land_some_copies();
  GpuThread& thread = *current_;
  Warp& warp = warp_of(thread);
  const std::uint64_t bit = lane_bit(thread);
  thread.request = request;
  thread.where = {request.file, request.line};
  check_mask(warp, thread, bit);
  const std::uint64_t mask = thread.request.mask;

  // Only __syncwarp orders memory: a shuffle or a vote exchanges values and nothing else.
  Rendezvous* const order =
      is_tsan() && request.kind == Collective::sync ? &sync_of(warp, mask) : nullptr;
  const unsigned turn = order != nullptr ? order->turn : 0;
  if (order != nullptr) races_.arrive(*order);
  thread.phase = GpuThread::Phase::at_collective;
  warp.waiting |= bit;
  try_complete(warp, mask);
  wait();
  if (order != nullptr) races_.leave(*order, turn, thread.linear);
}

Rendezvous& ThreadBlock::sync_of(Warp& warp, std::uint64_t mask) {
  Warp::Sync* sync = warp.syncs.data();
  while (sync != &warp.syncs.back() && sync->mask != 0 && sync->mask != mask) ++sync;
  sync->mask = mask;
  return sync->rendezvous;
}

// Reports what is wrong with a mask and makes it one that the rendezvous can work with.
void ThreadBlock::check_mask(const Warp& warp, GpuThread& thread, std::uint64_t bit) {
  std::uint64_t& mask = thread.request.mask;
  if ((mask & bit) == 0) {
    FindingNote excluded = note(FindingKind::mask_excludes_caller, thread);
    excluded.a = mask;
    excluded.b = thread.linear % warp_width();
    log_->add(excluded);
    mask |= bit;
  }
  if ((mask & ~warp.existing) != 0) {
    FindingNote absent = note(FindingKind::mask_names_absent_lane, thread);
    absent.a = mask;
    absent.b = mask & ~warp.existing;
    log_->add(absent);
    mask &= warp.existing;
  }
  note_exited_lanes(thread, mask & ~warp.alive);
  const int width = thread.request.width;
  if (is_shuffle(thread.request.kind) &&
      (width <= 0 || width > plan_->warp_width || (width & (width - 1)) != 0)) {
    FindingNote bad = note(FindingKind::bad_shuffle_width, thread);
    bad.a = static_cast<std::uint64_t>(static_cast<std::int64_t>(width));
    log_->add(bad);
    thread.request.width = plan_->warp_width;
  }
}

void ThreadBlock::note_exited_lanes(const GpuThread& thread, std::uint64_t lanes) {
  if (lanes == 0) return;
  FindingNote exited = note(FindingKind::mask_names_exited_lane, thread);
  exited.a = thread.request.mask;
  exited.b = lanes;
  log_->add(exited);
}

void ThreadBlock::lane_exited(Warp& warp, std::uint64_t bit) {
  // The masks of the waiting lanes, each once: a rendezvous that is complete now clears its lanes.
  for (std::uint64_t lanes = warp.waiting; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    if ((warp.waiting >> lane & 1U) == 0) continue;
    const GpuThread& thread = lane_thread(warp, lane);
    if ((thread.request.mask & bit) == 0) continue;
    note_exited_lanes(thread, bit);
    try_complete(warp, thread.request.mask);
  }
}

void ThreadBlock::try_complete(Warp& warp, std::uint64_t mask) {
  const std::uint64_t lanes = mask & warp.alive;
  if ((warp.waiting & lanes) != lanes) return;
  const GpuThread& first = lane_thread(warp, static_cast<unsigned>(std::countr_zero(lanes)));
  for (std::uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
    const GpuThread& other = lane_thread(warp, static_cast<unsigned>(std::countr_zero(rest)));
    if (other.request.mask != mask) return;
    if (other.request.kind != first.request.kind) {
      FindingNote differs = note(FindingKind::collective_disagreement, other);
      differs.a = mask;
      differs.elsewhere = first.where;
      log_->add(differs);
    }
  }
  exchange(warp, lanes);
  if (is_tsan() && first.request.kind == Collective::sync) sync_of(warp, mask).turn ^= 1U;
  warp.waiting &= ~lanes;
  std::array<unsigned, 64> sequence{};
  unsigned count = 0;
  for_each_lane(lanes, [&](unsigned lane) { sequence[count++] = lane; });
  const bool seeded = order_ == ThreadOrder::seeded;
  for (unsigned i = 0; seeded && i < count; ++i) {
    const auto j = i + static_cast<unsigned>(random_->below(count - i));
    std::swap(sequence[i], sequence[j]);
  }
  for (unsigned i = 0; i < count; ++i) {
    if (warps_run_ahead_) {
      // The one that is put in front last runs first: in descending order the highest lane.
      make_ready_first(lane_thread(warp, sequence[i]));
    } else {
      make_ready(lane_thread(warp, sequence[i]));
    }
  }
}

// Every lane gets the result of its own request, also when the lanes disagree, which has been
// reported by then.
void ThreadBlock::exchange(Warp& warp, std::uint64_t lanes) {
  for_each_lane(lanes, [&](unsigned lane) {
    const CollectiveRequest& request = lane_thread(warp, lane).request;
    if (request.kind == Collective::sync) return;
    if (is_shuffle(request.kind)) return shuffle_value(warp, lanes, lane);
    std::uint64_t combined = 0;
    bool initialized = true;
    bool begun = false;
    for_each_lane(lanes, [&](unsigned other) {
      const CollectiveRequest& from = lane_thread(warp, other).request;
      if (from.value == nullptr) return;
      initialized = initialized && !first_uninitialized(from.value, from.bytes);
      const std::uint64_t value = read_word(from.value, from.bytes);
      if (request.kind == Collective::ballot) {
        combined |= (value & 1U) << other;
      } else {
        combined = begun ? combine(request.kind, combined, value) : value;
      }
      begun = true;
    });
    const unsigned bytes = result_bytes(request.kind);
    write_word(request.result, bytes, combined);
    if (initialized) {
      mark_initialized(request.result, bytes);
    } else {
      mark_uninitialized(request.result, bytes);
    }
  });
}

void ThreadBlock::shuffle_value(Warp& warp, std::uint64_t lanes, unsigned lane) {
  const CollectiveRequest& to = lane_thread(warp, lane).request;
  const unsigned source = source_lane(to, lane);
  const bool takes_part = source < 64 && (lanes >> source & 1U) != 0;
  const CollectiveRequest* from = takes_part ? &lane_thread(warp, source).request : nullptr;
  if (from == nullptr || from->value == nullptr || from->bytes != to.bytes) {
    // CUDA leaves the value of a lane that takes no part undefined.
    write_word(to.result, to.bytes, ~std::uint64_t{0});
    mark_uninitialized(to.result, to.bytes);
    return;
  }
  write_word(to.result, to.bytes, read_word(from->value, to.bytes));
  copy_initialization(to.result, from->value, to.bytes);
}

}  // namespace mlacheck::cpu
