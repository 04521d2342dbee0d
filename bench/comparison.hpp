// Two variants of one product, timed against each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/bmm_operands.hpp"
#include "bench/contestant.hpp"
#include "harness/op/cost.hpp"

namespace mlacheck::bench {

/// A variant that copies its product into the caller's view, and one that writes there directly.
struct Pair {
  std::string op;
  std::string form;
  std::string copy;
  std::string strided;

  std::string title() const { return op + " " + form + ": " + copy + " against " + strided; }
};

/// Times in microseconds.
struct Comparison {
  int calls;  ///< in a batch
  Spread copy;
  Spread strided;
  Spread difference;   ///< copy - strided, of the batches of one round
  Spread copy_launch;  ///< copy - the same product without its copy, likewise
  /// As the contracts say; nothing where there is none.
  std::optional<Cost> copy_cost;
  std::optional<Cost> strided_cost;
};

/// Empty, or why the pair cannot run on the backend.
std::string reason_to_skip(const Pair& pair, const Backend& backend);

/// Throws std::runtime_error if a call fails, leaves output unwritten, does not cost what its
/// contract says, or if variants that must agree bitwise do not.
Comparison compare(const Pair& pair, const BmmShape& shape, Backend& backend,
                   const TimingOptions& options);

}  // namespace mlacheck::bench
