// The executor's correct kernels, compiled for HIP: between them they use all of the dialect.
#pragma once

#include "harness/device/launch.h"
#include "tests/dialect/kernels.hpp"
#include "tests/executor/correct.kernel.h"

namespace mlacheck::dialect_test {

template <class K>
executor_test::NamedKernel entry() {
  return {K::kName, &MLACHECK_TARGET::launch<K>};
}

template <class... K>
const executor_test::NamedKernel* table() {
  static const executor_test::NamedKernel kernels[] = {entry<K>()..., {nullptr, nullptr}};
  return kernels;
}

const executor_test::NamedKernel* kernels() {
  using namespace MLACHECK_TARGET;
  return table<TreeReduction, WarpReduction, Scan, Transpose, Histogram, LastBlockReduction,
               WarpRotation, DynamicReverse, WriteIndices, Collectives>();
}

}  // namespace mlacheck::dialect_test
