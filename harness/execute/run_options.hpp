// How one run of a subject is set up.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/backends/backend.hpp"
#include "harness/memory/poison.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

class Workspace;

/// Where the operands of a run lie.
enum class Placement {
  red_zones,       ///< between red zones that are compared afterwards
  ends_at_page,    ///< the last byte lies in front of an inaccessible page
  starts_at_page,  ///< the first byte lies behind one
  sparse,          ///< on addresses without memory: for layouts that span many GiB
};

/// What is made to fail in a call.
struct Denial {
  enum class What { allocation, launch };
  What what;
  std::uint64_t number;  ///< of the allocations or launches of the call, from 1 on
};

struct RunOptions {
  Poison outputs = Poison::ones;
  Poison gaps = Poison::junk;  ///< between the elements of inputs, and their red zones
  Poison dead_inputs = Poison::junk;
  Poison scratch = Poison::junk;
  Placement placement = Placement::red_zones;
  Order order = Order::ascending;
  std::uint64_t order_seed = 0;
  std::optional<Denial> denied{};
  Workspace* workspace = nullptr;  ///< scratch that keeps what earlier calls left; null: fresh

  static RunOptions poisoned(Poison outputs) {
    RunOptions options;
    options.outputs = outputs;
    options.gaps = options.dead_inputs = options.scratch = other(outputs);
    return options;
  }

  /// Everything that the case does not define is zero. No check runs so: this shows what tests on
  /// clean memory would miss.
  static RunOptions clean() {
    RunOptions options;
    options.outputs = options.gaps = options.dead_inputs = options.scratch = Poison::zeros;
    return options;
  }
};

/// What the dead elements of an operand hold in a run.
inline Poison dead_poison(const Operand& operand, const RunOptions& options) {
  if (operand.access == Access::output) return options.outputs;
  // 0xFF is NaN in every format.
  const bool finite = operand.finite_dead_values && options.dead_inputs == Poison::ones;
  return finite ? Poison::zeros : options.dead_inputs;
}

}  // namespace mlacheck
