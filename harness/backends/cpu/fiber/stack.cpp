#include "harness/backends/cpu/fiber/stack.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "harness/backends/cpu/sanitizers/race_model.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/launch_limits.hpp"

namespace mlacheck::cpu {
namespace {

// 4 KiB on most machines, 16 or 64 KiB on some: a guard must be a whole page of the machine's own.
std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}
constexpr std::size_t kSmallestPageBytes = 4096;

// Sanitizers enlarge frames several times over.
constexpr std::size_t kStackBytes =
    is_sanitized() ? std::size_t{256} * 1024 : std::size_t{128} * 1024;

std::size_t mapping_bytes() { return page_bytes() + kStackBytes; }

void* map_memory(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

// TSan can be made to forget accesses in one range of addresses only, so in tsan-inter builds all
// stacks come from one reservation. They are never given back: launches take turns there, so the
// stacks of one block are all there is.
std::byte* take_from_arena() {
  constexpr std::size_t kStacks = 2 * std::size_t{kMaxBlockThreads};
  static std::byte* const arena = [] {
    void* const memory = map_memory(kStacks * mapping_bytes());
    allow_forgetting(memory, kStacks * mapping_bytes());
    return static_cast<std::byte*>(memory);
  }();
  static std::atomic<std::size_t> taken{0};
  const std::size_t index = taken.fetch_add(1);
  if (index >= kStacks) throw std::bad_alloc();
  return arena + index * mapping_bytes();
}

}  // namespace

Stack::Stack()
    : mapping_(is_tsan_inter() ? take_from_arena()
                               : static_cast<std::byte*>(map_memory(mapping_bytes()))),
      bottom_(mapping_ + page_bytes()) {
  if (mprotect(mapping_, page_bytes(), PROT_NONE) != 0) {
    if (!is_tsan_inter()) munmap(mapping_, mapping_bytes());
    throw std::bad_alloc();
  }
  forget_accesses_in(bottom_, kStackBytes);
}

Stack::Stack(Stack&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      bottom_(std::exchange(other.bottom_, nullptr)) {}

Stack::~Stack() {
  if (mapping_ != nullptr && !is_tsan_inter()) munmap(mapping_, mapping_bytes());
}

std::size_t Stack::bytes() const { return kStackBytes; }

void Stack::forget_accesses() {
  // Only the pages that were ever used: TSan's shadow is several times as large as the memory.
  std::array<unsigned char, kStackBytes / kSmallestPageBytes> resident{};
  const std::size_t pages = kStackBytes / page_bytes();
  if (mincore(bottom_, kStackBytes, resident.data()) != 0) std::abort();
  std::size_t untouched = 0;
  while (untouched < pages && (resident[untouched] & 1U) == 0) ++untouched;
  std::byte* const from = bottom_ + untouched * page_bytes();
  forget_accesses_in(from, static_cast<std::size_t>(bottom_ + kStackBytes - from));
}

}  // namespace mlacheck::cpu
