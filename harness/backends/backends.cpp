#include "harness/backends/backend.hpp"
#include "harness/backends/cpu/backend_cpu.hpp"
#ifdef MLACHECK_HAS_CUDA
#include "harness/backends/cuda/backend_cuda.hpp"
#endif
#ifdef MLACHECK_HAS_HIP
#include "harness/backends/hip/backend_hip.hpp"
#endif

namespace mlacheck {

std::vector<std::unique_ptr<Backend>> make_backends() {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(make_cpu_backend(32));
  backends.push_back(make_cpu_backend(64));
#ifdef MLACHECK_HAS_CUDA
  backends.push_back(make_cuda_backend());
#endif
#ifdef MLACHECK_HAS_HIP
  backends.push_back(make_hip_backend());
#endif
  return backends;
}

}  // namespace mlacheck
