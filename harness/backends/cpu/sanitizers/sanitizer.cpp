#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

#include <cstdint>

#if defined(MLACHECK_ASAN)
#include <sanitizer/asan_interface.h>
#elif defined(MLACHECK_MSAN)
#include <sanitizer/msan_interface.h>
#endif

namespace mlacheck::cpu {

void mark_initialized([[maybe_unused]] const void* address, [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_MSAN)
  __msan_unpoison(address, bytes);
#endif
}

void mark_uninitialized([[maybe_unused]] const void* address, [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_MSAN)
  __msan_poison(address, bytes);
#endif
}

void copy_initialization([[maybe_unused]] void* to, [[maybe_unused]] const void* from,
                         [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_MSAN)
  __msan_copy_shadow(to, from, bytes);
#endif
}

std::optional<std::size_t> first_uninitialized([[maybe_unused]] const void* address,
                                               [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_MSAN)
  const std::intptr_t offset = __msan_test_shadow(address, bytes);
  if (offset >= 0) return static_cast<std::size_t>(offset);
#endif
  return std::nullopt;
}

#if defined(MLACHECK_ASAN)

void forbid_access(const void* address, std::size_t bytes) {
  __asan_poison_memory_region(address, bytes);
}
void allow_access(const void* address, std::size_t bytes) {
  __asan_unpoison_memory_region(address, bytes);
}

#else

void forbid_access(const void*, std::size_t) {}
void allow_access(const void*, std::size_t) {}

#endif

}  // namespace mlacheck::cpu
