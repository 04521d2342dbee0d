// The dialect on CUDA, where nearly all of it is the language itself: include
// harness/device/dialect.h instead.
#pragma once

#if !defined(__CUDACC__)
#error "MLACHECK_BACKEND_CUDA needs nvcc"
#endif

#define MLACHECK_TARGET cuda
#define MLACHECK_DEVICE __device__

#define MLACHECK_SHARED(type, name, ...) __shared__ type name __VA_ARGS__

// Every kernel names the same array: CUDA has one dynamic allocation for each block.
#define MLACHECK_DYNAMIC_SHARED(type, name)                                \
  extern __shared__ __align__(16) unsigned char mlacheck_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(mlacheck_dynamic_shared)

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kWarpWidth = 32;
using LaneMask = unsigned;
inline constexpr LaneMask kFullMask = 0xffffffffU;

}  // namespace mlacheck::MLACHECK_TARGET

#include "harness/device/gpu/async_copy.h"
#include "harness/device/gpu/vector_access.h"
