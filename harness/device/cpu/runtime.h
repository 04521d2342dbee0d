// What the CPU executor offers to kernels. Implemented in harness/backends/cpu, in files that are
// never compiled for MSan or TSan; everything a kernel unit compiles itself is in the other headers
// of this folder. Functions that may switch to another GPU thread return nothing, because MSan's
// shadow of a return value does not survive the switch: results go through memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mlacheck::cpu {

struct Index3 {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};

// A GPU thread's indices never change, so the compiler may keep them for the whole of one kernel
// invocation, across barriers too.
[[gnu::const]] Index3 thread_index() noexcept;
[[gnu::const]] Index3 block_index() noexcept;
[[gnu::const]] Index3 block_extent() noexcept;
[[gnu::const]] Index3 grid_extent() noexcept;

void barrier(const char* file, int line);

enum class Collective : std::uint8_t {
  sync,
  shuffle,
  shuffle_up,
  shuffle_down,
  shuffle_xor,
  ballot,
  any,
  all,
  reduce_add,
  reduce_min_signed,
  reduce_max_signed,
  reduce_min_unsigned,
  reduce_max_unsigned,
};

/// One lane's part in a warp collective. `value` and `result` are distinct and stay valid until the
/// call returns.
struct CollectiveRequest {
  Collective kind = Collective::sync;
  std::uint8_t bytes = 0;  ///< size of a shuffled value: 4 or 8
  int width = 0;           ///< shuffle segment
  unsigned operand = 0;    ///< source lane, delta or lane mask of a shuffle
  std::uint64_t mask = 0;  ///< as written in the kernel
  const void* value = nullptr;
  void* result = nullptr;
  const char* file = nullptr;
  int line = 0;
};
void collective(const CollectiveRequest& request);

/// The memory of one shared variable in the running block: the same for every thread and for every
/// time the declaration is reached, fresh and poisoned for every block. `key` identifies the
/// declaration (per template instantiation).
void* shared_variable(const void* key, std::size_t bytes, std::size_t alignment, const char* name,
                      const char* file, int line);
void* dynamic_shared(const char* name, const char* file, int line);

/// The running thread accesses `bytes` bytes at an address that is no multiple of `alignment`.
void misaligned(const void* address, std::size_t bytes, std::size_t alignment, const char* file,
                int line);

/// The running thread begins a copy, closes a group of copies, or waits until no group but its
/// `pending` newest is on its way.
void async_copy(void* to, const void* from, unsigned bytes);
void async_commit();
void async_wait(unsigned pending);

/// Fences and atomics as TSan must see them: see harness/backends/cpu/block/fence.hpp. Kernel units
/// built without TSan never call the atomic hooks.
void fence();
void before_atomic(const volatile void* address);
void after_atomic(const volatile void* address);

}  // namespace mlacheck::cpu
