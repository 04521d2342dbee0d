// One run of one subject on one problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/execute/operand_memory.hpp"
#include "harness/execute/run_options.hpp"
#include "harness/op/cost.hpp"
#include "harness/op/driver_work.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// Of one problem, which must outlive it.
struct Run {
  const Problem* problem = nullptr;
  Status status;              ///< what the subject returned, or the failure of a launch
  bool fault = false;         ///< the device itself failed: nothing more can be run on it
  std::string harness_error;  ///< the backend could not allocate or copy
  bool receipt = false;       ///< every block of every launch ran
  std::vector<LaunchRecord> launches;
  Cost cost;  ///< as the subject recorded it, and as its scratch was counted
  /// What the driver saw during the call, where it can be watched.
  std::optional<DriverWork> driver;
  /// Bits after the run, for each operand of the problem in logical order; inputs are left empty.
  /// Empty if the run came to nothing.
  std::vector<std::vector<std::uint32_t>> outputs;
  /// Canaries, unwritten cells as MSan knows them, executor, sanitizers.
  std::vector<Finding> findings;

  /// Of the operand of that name; throws std::out_of_range if the problem has none, or the run came
  /// to nothing.
  const std::vector<std::uint32_t>& bits(std::string_view operand) const {
    return outputs.at(problem->index_of(operand));
  }
};

/// What a subject throws becomes a finding. Throws std::logic_error for one that is only described
/// here (harness/subjects/subjects.hpp).
Run execute(const Subject& subject, const Problem& problem, Backend& backend,
            const RunOptions& options);

/// With `outputs` poisoned so, and everything else with the other poison.
inline Run execute(const Subject& subject, const Problem& problem, Backend& backend,
                   Poison outputs) {
  return execute(subject, problem, backend, RunOptions::poisoned(outputs));
}

/// On operands that the caller placed, and may have let overlap.
Run execute(const Subject& subject, const Problem& problem, PlacedOperands& placed,
            Backend& backend, const RunOptions& options);

/// Calls the subject and looks at nothing but what it does to its process: what it throws and an
/// environment that it leaves changed become findings of `run`.
Status call_subject(const Subject& subject, const Call& call, LaunchContext& context, Run& run);

/// What a call that was refused or declined, and so had nothing to write, wrote into `operand`; or
/// empty. The operand was handed out with every byte `poison`, an update with its contents; `after`
/// are its bits then.
std::string trace_of(const Operand& operand, const std::vector<std::uint32_t>& after,
                     Poison poison);

/// Launches the subject and looks at nothing but its status. Outputs and scratch are fresh memory
/// that the harness never wrote, and nothing is read back, so that a tool such as
/// compute-sanitizer's initcheck sees which memory the kernels themselves left unwritten and read.
/// Inputs are initialised whole: a kernel may copy a table's unused columns, and poison tells
/// whether that matters.
Status launch_only(const Subject& subject, const Problem& problem, Backend& backend);

}  // namespace mlacheck
