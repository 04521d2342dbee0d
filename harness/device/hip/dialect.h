// The dialect on HIP: include harness/device/dialect.h instead. HIP spells most of it as CUDA does;
// the masked warp collectives are in warp.h.
#pragma once

#include <hip/hip_runtime.h>

#define MLACHECK_TARGET hip
#define MLACHECK_DEVICE __device__

#define MLACHECK_SHARED(type, name, ...) __shared__ type name __VA_ARGS__

#define MLACHECK_DYNAMIC_SHARED(type, name)                                               \
  extern __shared__ __attribute__((aligned(16))) unsigned char mlacheck_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(mlacheck_dynamic_shared)

#include "harness/device/hip/warp.h"

namespace mlacheck::MLACHECK_TARGET {

/// One access of several elements; the address must be a multiple of their size.
template <class Vector>
MLACHECK_DEVICE Vector load_vector(const void* from) {
  return *static_cast<const Vector*>(from);
}
template <class Vector>
MLACHECK_DEVICE void store_vector(void* to, const Vector& vector) {
  *static_cast<Vector*>(to) = vector;
}

}  // namespace mlacheck::MLACHECK_TARGET

#include "harness/device/hip/async_copy.h"
