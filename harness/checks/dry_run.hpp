// A host routine on operands that no memory holds: what it would launch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/subject.hpp"

namespace mlacheck {

struct DryRun {
  Status status;             ///< what the subject returned
  std::uint64_t blocks = 0;  ///< of all launches
  std::vector<LaunchRecord> launches{};
  std::vector<Tensor> scratch{};  ///< that the call asked for; nothing lies there any more
  std::uint64_t moved = 0;        ///< bytes that it says it fills and copies
  std::string left_out;           ///< why the run tells nothing; empty if it does
};

/// Calls the subject while launches are recorded, and never runs them. Contents of `problem` do not
/// count. Operands and scratch are addresses without memory, so that their size costs nothing.
/// The subject must be one whose work is all in its launches.
DryRun dry_run(const Subject& subject, const Problem& problem, Backend& backend);

}  // namespace mlacheck
