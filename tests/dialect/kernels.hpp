// The table of kernels.hip.h, as host code sees it.
#pragma once

#include "tests/executor/kernels.hpp"

namespace mlacheck::dialect_test {

/// A fixed table, ended by a null name.
const executor_test::NamedKernel* kernels();

}  // namespace mlacheck::dialect_test
