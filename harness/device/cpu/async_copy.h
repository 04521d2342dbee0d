// Asynchronous copies: include harness/device/dialect.h instead. When one lands is the executor's
// choice: harness/backends/cpu/block/async_copies.hpp.
#pragma once

#include "harness/device/async_chunk.h"
#include "harness/device/cpu/runtime.h"
#include "harness/device/cpu/vector_access.h"

namespace mlacheck::MLACHECK_TARGET {

namespace detail {

// The executor copies later, in code that no sanitizer looks at. So the kernel accesses both ends
// here, where a report has the kernel's line. ASan needs to see each once. For TSan the destination
// is written, too, with what it holds: whatever another thread does to either end between this and
// the wait is a race. MSan is told by the executor.
template <int kBytes>
void touch_ends([[maybe_unused]] void* to, [[maybe_unused]] const void* from) {
#if defined(MLACHECK_ASAN) || defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)
  typedef unsigned Word __attribute__((vector_size(kBytes), aligned(1), may_alias));
  static_cast<void>(*static_cast<const volatile Word*>(from));
  volatile Word& destination = *static_cast<volatile Word*>(to);
  [[maybe_unused]] const Word old = destination;
#if !defined(MLACHECK_ASAN)
  destination = old;
#endif
#endif
}

}  // namespace detail

template <int kBytes>
void async_copy(void* shared_to, const void* global_from, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) {
  using Chunk = AsyncChunk<kBytes>;
  check_alignment<Chunk>(shared_to, file, line);
  check_alignment<Chunk>(global_from, file, line);
  detail::touch_ends<kBytes>(shared_to, global_from);
  cpu::async_copy(shared_to, global_from, kBytes);
}

inline void async_commit() { cpu::async_commit(); }

template <unsigned kPending>
void async_wait() {
  cpu::async_wait(kPending);
}

}  // namespace mlacheck::MLACHECK_TARGET
