// Calls into the same memory again and again: what a graph does, or a caller that keeps its buffers.
#pragma once

#include <string>

#include "harness/execute/guarded_context.hpp"
#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {

class KeptMemory {
 public:
  /// Places the operands of `problem`, and captures the call where the backend can. Both must outlive it.
  KeptMemory(Trial& trial, const Problem& problem);

  /// With what the operands hold now. Scalars are those of `problem`, which a captured call ignores.
  Run again(const Problem& problem, const std::string& which);

  /// Other contents of the same layouts.
  void refill(const Problem& next);

 private:
  Trial* trial_;
  RunOptions options_ = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed_;
  GuardedContext context_;
};

}  // namespace mlacheck::equivalences
