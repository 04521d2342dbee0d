// Accesses of several elements at once on CUDA and HIP: include harness/device/dialect.h instead.
#pragma once

namespace mlacheck::MLACHECK_TARGET {

/// One access of several elements; the address must be a multiple of their size.
template <class Vector>
__device__ Vector load_vector(const void* from) {
  return *static_cast<const Vector*>(from);
}
template <class Vector>
__device__ void store_vector(void* to, const Vector& vector) {
  *static_cast<Vector*>(to) = vector;
}

}  // namespace mlacheck::MLACHECK_TARGET
