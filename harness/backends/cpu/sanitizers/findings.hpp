// Notes that the executor takes while a block runs.
//
// A note is plain data in preallocated memory. It is taken on a fiber, where MSan and TSan would
// take the accesses of allocation or library calls for the kernel's. Text is made from it after the
// launch, on the OS thread's own stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/backends/cpu/executor.hpp"
#include "harness/device/cpu/runtime.h"

namespace mlacheck::cpu {

struct SourceLine {
  const char* file = nullptr;
  int line = 0;
};

struct FindingNote {
  FindingKind kind = FindingKind::deadlock;
  SourceLine where;
  SourceLine elsewhere;  ///< where the other party waits
  Index3 block;
  Index3 thread;
  std::uint64_t a = 0;  ///< meaning depends on the kind: see findings.cpp
  std::uint64_t b = 0;
  std::array<char, 96> name{};  ///< shared variable, or what an exception said
};

/// Copies at most what fits, always terminated, without library calls.
void copy_text(std::array<char, 96>& to, const char* from);

class FindingLog {
 public:
  FindingLog() { notes_.reserve(kCapacity); }
  void clear();

  /// Keeps the first note of each kind and source line, and counts what exceeds the capacity.
  void add(const FindingNote& note);

  /// Appends the findings of a launch of `kernel` to `out`.
  void describe(const char* kernel, std::vector<ExecutorFinding>& out) const;

  bool empty() const { return notes_.empty(); }

 private:
  static constexpr std::size_t kCapacity = 64;
  std::vector<FindingNote> notes_;
  std::uint64_t dropped_ = 0;
};

}  // namespace mlacheck::cpu
