#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 64
#include "tests/executor/kernels.host.h"

namespace mlacheck::executor_test {

const NamedKernel* kernels_w64() { return cpu_w64::executor_test_kernels(); }

}  // namespace mlacheck::executor_test
