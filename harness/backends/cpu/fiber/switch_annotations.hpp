// What ASan and MSan must hear when a fiber leaves and arrives. TSan is told by RaceModel.
#pragma once

#include <cstddef>

#if defined(MLACHECK_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(MLACHECK_MSAN)
#include <sanitizer/msan_interface.h>
#endif

namespace mlacheck::cpu {

/// Before leaving for a stack; `fake_stack` keeps the leaving fiber's.
inline void announce_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                            [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_ASAN)
  __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
#elif defined(MLACHECK_MSAN)
  __msan_start_switch_fiber(bottom, bytes);
#endif
}

/// After arriving; reports the stack that was left.
inline void complete_switch([[maybe_unused]] void* fake_stack,
                            [[maybe_unused]] const void** left_bottom,
                            [[maybe_unused]] std::size_t* left_bytes) {
#if defined(MLACHECK_ASAN)
  __sanitizer_finish_switch_fiber(fake_stack, left_bottom, left_bytes);
#elif defined(MLACHECK_MSAN)
  __msan_finish_switch_fiber(left_bottom, left_bytes);
#endif
}

/// Frames were abandoned on this memory: removes their red zones.
inline void forget_frames([[maybe_unused]] void* bottom, [[maybe_unused]] std::size_t bytes) {
#if defined(MLACHECK_ASAN)
  __asan_unpoison_memory_region(bottom, bytes);
#elif defined(MLACHECK_MSAN)
  __msan_unpoison(bottom, bytes);
#endif
}

}  // namespace mlacheck::cpu
