// One run of one subject on rows among many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/execute/execute.hpp"
#include "harness/op/rows.hpp"

namespace mlacheck {

/// The blocks of a launch that are to run, where the backend can choose; a number counts x fastest.
/// The launches of a call are numbered from 0 on.
using BlockChoice =
    std::function<std::vector<std::uint64_t>(std::size_t number, const LaunchRecord& launch)>;

struct SpreadRun {
  Run run;  ///< its outputs are those of `spread.problem`, which must outlive it
  /// Of each operand, the pages that were touched, where only chosen blocks ran.
  std::vector<std::optional<std::vector<Range>>> pages;
  std::vector<std::vector<std::uint64_t>> blocks;  ///< of each launch, those chosen
  std::string left_out;                            ///< why it tells nothing; empty if it does
};

/// Where the backend cannot choose blocks, all of them run.
SpreadRun run_spread(const Subject& subject, const Spread& spread, Backend& backend,
                     const BlockChoice& blocks_of);

}  // namespace mlacheck
