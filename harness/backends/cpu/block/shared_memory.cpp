#include "harness/backends/cpu/block/shared_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "harness/backends/cpu/sanitizers/race_model.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/launch_limits.hpp"

namespace mlacheck::cpu {
namespace {

constexpr int kPoison = 0xff;
// A value that kernels hardly write by mistake, unlike 0 and -1.
constexpr int kCanary = 0xfd;
constexpr std::size_t kCanaryBytes = is_asan() ? 0 : 64;
constexpr std::size_t kAlignment = 64;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

bool is_canary(const std::byte* bytes) {
  return std::all_of(bytes, bytes + kCanaryBytes,
                     [](std::byte b) { return b == static_cast<std::byte>(kCanary); });
}

}  // namespace

SharedMemory::SharedMemory() { variables_.reserve(64); }

void* SharedMemory::variable(const void* key, std::size_t bytes, std::size_t alignment,
                             const char* name, SourceLine where, Index3 block, FindingLog& log) {
  for (std::size_t i = first_of_block_; i < variables_.size(); ++i) {
    if (variables_[i].key == key) return variables_[i].data;
  }
  // The first thread to come here allocates for all. TSan must not take that for an access.
  const UnseenByTsan unseen;
  // The canary before the data keeps the alignment, so it can be larger than the one behind it.
  const std::size_t front = kCanaryBytes == 0 ? 0 : std::max(kCanaryBytes, alignment);
  const std::size_t size = front + bytes + kCanaryBytes;
  void* memory = nullptr;
  if (is_asan() && alignment <= alignof(std::max_align_t)) {
    memory = std::malloc(std::max<std::size_t>(size, 1));  // the exact size: red zones are tight
  } else {
    memory = std::aligned_alloc(
        std::max(alignment, kAlignment),
        round_up(std::max<std::size_t>(size, 1), std::max(alignment, kAlignment)));
  }
  if (memory == nullptr) throw std::bad_alloc();
  auto* const allocation = static_cast<std::byte*>(memory);
  std::byte* const data = allocation + front;
  std::memset(allocation, kCanary, front);
  std::memset(data, kPoison, bytes);
  std::memset(data + bytes, kCanary, kCanaryBytes);
  mark_uninitialized(data, bytes);
  variables_.push_back({key, allocation, data, bytes, name, where});

  const auto check_limit = [&](std::size_t limit) {
    if (total_bytes_ <= limit) return;
    FindingNote note;
    note.kind = FindingKind::shared_memory_limit;
    note.where = where;
    note.block = block;
    note.a = total_bytes_;
    note.b = limit;
    copy_text(note.name, name);
    log.add(note);
  };
  // The limit of 48 KiB is on the arrays of static extent, that of 227 KiB on everything.
  if (key != this) {
    total_bytes_ += bytes;
    check_limit(kMaxStaticSharedBytes);
  }
  total_bytes_ += dynamic_bytes_;
  check_limit(kMaxSharedBytes);
  total_bytes_ -= dynamic_bytes_;
  return data;
}

void SharedMemory::check(Index3 block, FindingLog& log) const {
  if (kCanaryBytes == 0) return;
  for (std::size_t i = first_of_block_; i < variables_.size(); ++i) {
    const Variable& variable = variables_[i];
    const std::byte* const before = variable.data - kCanaryBytes;
    const std::byte* const behind = variable.data + variable.bytes;
    const bool front_intact = is_canary(before);
    if (front_intact && is_canary(behind)) continue;
    FindingNote note;
    note.kind = FindingKind::shared_memory_overrun;
    note.where = variable.where;
    note.block = block;
    note.a = variable.bytes;
    const std::byte* at = front_intact ? behind : variable.data - 1;
    while (*at == static_cast<std::byte>(kCanary)) at += front_intact ? 1 : -1;
    note.b = static_cast<std::uint64_t>(at - variable.data);
    copy_text(note.name, variable.name);
    log.add(note);
  }
}

void SharedMemory::release() {
  for (const Variable& variable : variables_) {
    mark_initialized(variable.data, variable.bytes);
    std::free(variable.allocation);
  }
  variables_.clear();
  first_of_block_ = 0;
}

}  // namespace mlacheck::cpu
