#include "harness/backends/cpu/stack.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include "harness/backends/cpu/race_model.hpp"
#include "harness/backends/cpu/sanitizer.hpp"

namespace mlacheck::cpu {
namespace {

constexpr std::size_t kPageBytes = 4096;
// Sanitizers enlarge frames several times over.
constexpr std::size_t kStackBytes =
    is_sanitized() ? std::size_t{256} * 1024 : std::size_t{128} * 1024;

}  // namespace

Stack::Stack() {
  void* mapping = mmap(nullptr, kPageBytes + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mapping_ = static_cast<std::byte*>(mapping);
  bottom_ = mapping_ + kPageBytes;
  if (mprotect(mapping_, kPageBytes, PROT_NONE) != 0) {
    munmap(mapping_, kPageBytes + kStackBytes);
    throw std::bad_alloc();
  }
}

Stack::Stack(Stack&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      bottom_(std::exchange(other.bottom_, nullptr)) {}

Stack::~Stack() {
  if (mapping_ != nullptr) munmap(mapping_, kPageBytes + kStackBytes);
}

std::size_t Stack::bytes() const { return kStackBytes; }

void Stack::forget_accesses() {
  // Only the pages that were ever used: TSan's shadow is several times as large as the memory.
  std::array<unsigned char, kStackBytes / kPageBytes> resident{};
  if (mincore(bottom_, kStackBytes, resident.data()) != 0) std::abort();
  std::size_t untouched = 0;
  while (untouched < resident.size() && (resident[untouched] & 1U) == 0) ++untouched;
  std::byte* const from = bottom_ + untouched * kPageBytes;
  forget_accesses_in(from, static_cast<std::size_t>(bottom_ + kStackBytes - from));
}

}  // namespace mlacheck::cpu
