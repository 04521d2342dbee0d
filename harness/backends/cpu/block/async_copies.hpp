// Asynchronous copies of one GPU thread that have not landed.
//
// On a GPU a copy lands at any time up to the wait for its group. The order of threads chooses the
// time: ascending as late as the waits allow, descending at once, seeded at random at one of the
// thread's copies, commits, waits, barriers and collectives. Its source is read when it lands. What
// is never waited for lands after the last thread of the block has left the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlacheck::cpu {

struct AsyncCopy {
  void* to = nullptr;
  const void* from = nullptr;
  unsigned bytes = 0;       ///< 4, 8 or 16
  std::uint64_t group = 0;  ///< how many the thread had committed before
};

class AsyncCopies {
 public:
  void add(void* to, const void* from, unsigned bytes) {
    copies_.push_back({to, from, bytes, groups_});
  }
  void commit() { ++groups_; }
  /// Whether a wait that leaves `pending` groups on their way is one for this copy.
  bool waits_for(const AsyncCopy& copy, std::uint64_t pending) const {
    return copy.group < groups_ && groups_ - copy.group > pending;
  }
  void clear() {
    copies_.clear();
    groups_ = 0;
  }

  /// Calls land(copy) for those that `lands` says, oldest first, and forgets them.
  template <class Lands, class Land>
  void take(Lands lands, Land land) {
    std::size_t kept = 0;
    for (const AsyncCopy& copy : copies_) {
      if (lands(copy)) {
        land(copy);
      } else {
        copies_[kept++] = copy;
      }
    }
    copies_.resize(kept);
  }

 private:
  std::vector<AsyncCopy> copies_;
  std::uint64_t groups_ = 0;  // committed so far
};

}  // namespace mlacheck::cpu
