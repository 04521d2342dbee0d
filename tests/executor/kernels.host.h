// The table of the test kernels for one warp width.
#pragma once

#include "harness/device/launch.h"
#include "tests/executor/async.kernel.h"
#include "tests/executor/correct.kernel.h"
#include "tests/executor/faulty.kernel.h"
#include "tests/executor/kernels.hpp"

namespace mlacheck::MLACHECK_TARGET {

template <class K>
executor_test::NamedKernel entry() {
  return {K::kName, &launch<K>};
}

template <class... K>
const executor_test::NamedKernel* table() {
  static const executor_test::NamedKernel kernels[] = {entry<K>()..., {nullptr, nullptr}};
  return kernels;
}

inline const executor_test::NamedKernel* executor_test_kernels() {
  return table<
      TreeReduction, WarpReduction, Scan, Transpose, Histogram, LastBlockReduction, WarpRotation,
      DynamicReverse, WriteIndices, Collectives, SharedOverrun, DynamicOverrun, GlobalOverrun,
      GlobalOverread, UndefinedArithmetic, SharedUninitialized, SharedUninitializedBranch,
      GlobalBranch, ShuffleUninitialized, ShuffleFromAbsent, SharedRace, SharedHandover, GlobalRace,
      WriteWriteRace, Flood, ShuffleIsNoBarrier, HalfWarpBarriers, BlockRace, LastBlockUnfenced,
      UnorderedReduction, ReusedTotals, DivergentBarrier, EarlyExit, ExitedLane, FullMaskShuffle,
      MaskExcludesCaller, MaskDisagreement, CollectiveDisagreement, BadShuffleWidth, VectorCopy,
      Deadlock, Throws, TooMuchShared, Barriers, AsyncPipeline, AsyncRead, AsyncGroups,
      AsyncForgotten, AsyncSourceChanges, AsyncDeadlock, AsyncTooEarly>();
}

}  // namespace mlacheck::MLACHECK_TARGET
