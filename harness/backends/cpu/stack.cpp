#include "harness/backends/cpu/stack.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <utility>

#include "harness/backends/cpu/race_model.hpp"
#include "harness/backends/cpu/sanitizer.hpp"

namespace mlacheck::cpu {
namespace {

constexpr std::size_t kGuardBytes = 4096;
// Sanitizers enlarge frames several times over.
constexpr std::size_t kStackBytes =
    is_sanitized() ? std::size_t{256} * 1024 : std::size_t{128} * 1024;

}  // namespace

Stack::Stack() {
  void* mapping = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mapping_ = static_cast<std::byte*>(mapping);
  bottom_ = mapping_ + kGuardBytes;
  if (mprotect(mapping_, kGuardBytes, PROT_NONE) != 0) {
    munmap(mapping_, kGuardBytes + kStackBytes);
    throw std::bad_alloc();
  }
}

Stack::Stack(Stack&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      bottom_(std::exchange(other.bottom_, nullptr)) {}

Stack::~Stack() {
  if (mapping_ != nullptr) munmap(mapping_, kGuardBytes + kStackBytes);
}

std::size_t Stack::bytes() const { return kStackBytes; }

void Stack::renew() {
  const UnseenByTsan unseen;
  void* const pages =
      mmap(bottom_, kStackBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED, -1, 0);
  // Replacing a private mapping of one's own in place only fails when the kernel is out of memory.
  if (pages == MAP_FAILED) std::abort();
}

}  // namespace mlacheck::cpu
