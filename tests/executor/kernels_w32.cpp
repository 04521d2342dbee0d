#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 32
#include "tests/executor/kernels.host.h"

namespace mlacheck::executor_test {

const NamedKernel* kernels_w32() { return cpu_w32::executor_test_kernels(); }

}  // namespace mlacheck::executor_test
