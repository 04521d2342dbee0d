// What TSan is told about the order of things in a grid. Empty in other builds.
//
// intra: every GPU thread is a TSan fiber, everything is joined after each block. Finds races
//        between the threads of a block.
// inter: every block is a TSan fiber, joined after the grid. Finds races between blocks.
//
// A rendezvous needs two sync objects in turn. With one, a thread that runs ahead releases into it
// before a late thread has acquired, which hides every race between two barriers.
//
// After each acquire a fiber must release on something private. TSan shares 255 slots between its
// threads, and a thread that takes a slot again writes the time into its history at a release only.
// Without that time reports are dropped in silence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/device/cpu/runtime.h"

namespace mlacheck::cpu {

/// The sync objects of one barrier or one warp mask. Only their addresses matter.
struct Rendezvous {
  std::array<char, 2> object{};
  unsigned turn = 0;
};

#if defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)

/// While one lives, TSan takes no note of the calling fiber's accesses, and memory that it
/// allocates counts as never touched.
class UnseenByTsan {
 public:
  UnseenByTsan();
  UnseenByTsan(const UnseenByTsan&) = delete;
  UnseenByTsan& operator=(const UnseenByTsan&) = delete;
  ~UnseenByTsan();
};

/// Makes TSan forget all accesses to memory inside the one range for which that was allowed.
void allow_forgetting(void* address, std::size_t bytes);
void forget_accesses_in(void* address, std::size_t bytes);

class RaceModel {
 public:
  /// On the OS thread, before any of the block's threads runs.
  void begin_block(Index3 block, Index3 extent, unsigned threads);
  /// Immediately before a switch of stacks.
  void enter_thread(unsigned thread);
  void enter_host();
  /// On the fiber of the thread.
  void arrive(Rendezvous& rendezvous);
  void leave(Rendezvous& rendezvous, unsigned turn, unsigned thread);
  void exit_thread(unsigned thread);
  /// The fiber copies, in code that is not instrumented.
  void copy(void* to, const void* from, std::size_t bytes);
  /// On the OS thread. True when everything has been joined: memory that kernels have touched may
  /// be freed only then.
  bool end_block();
  void end_grid();

 private:
  void join();
  void advance(char& object);
  std::vector<void*> fibers_;
  void* host_ = nullptr;
  char join_object_ = 0;
  std::size_t steps_ = 0;
  std::vector<char> private_object_;
};

#else

class UnseenByTsan {
 public:
  UnseenByTsan() {}
  ~UnseenByTsan() {}
};

inline void allow_forgetting(void*, std::size_t) {}
inline void forget_accesses_in(void*, std::size_t) {}

class RaceModel {
 public:
  void begin_block(Index3, Index3, unsigned) {}
  void enter_thread(unsigned) {}
  void enter_host() {}
  void arrive(Rendezvous&) {}
  void leave(Rendezvous&, unsigned, unsigned) {}
  void exit_thread(unsigned) {}
  void copy(void*, const void*, std::size_t) {}
  bool end_block() { return true; }
  void end_grid() {}
};

#endif

}  // namespace mlacheck::cpu
