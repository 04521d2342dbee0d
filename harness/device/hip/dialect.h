// The dialect on HIP: include harness/device/dialect.h instead. HIP spells most of it as CUDA does;
// the masked warp collectives are in warp.h.
#pragma once

#include <hip/hip_runtime.h>

// A mutant is a second compilation of the same source, with a namespace of its own.
#if !defined(MLACHECK_TARGET)
#define MLACHECK_TARGET hip
#endif
#define MLACHECK_DEVICE __device__

#define MLACHECK_SHARED(type, name, ...) __shared__ type name __VA_ARGS__

#define MLACHECK_DYNAMIC_SHARED(type, name)                                               \
  extern __shared__ __attribute__((aligned(16))) unsigned char mlacheck_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(mlacheck_dynamic_shared)

#include "harness/device/gpu/async_copy.h"
#include "harness/device/gpu/vector_access.h"
#include "harness/device/hip/warp.h"
