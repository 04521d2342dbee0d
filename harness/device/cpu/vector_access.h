// Accesses of several elements at once: include harness/device/dialect.h instead.
#pragma once

#include <cstdint>

#include "harness/device/cpu/runtime.h"

namespace mlacheck::MLACHECK_TARGET {

// A GPU faults where the address is no multiple of the size. A CPU does not, so the executor is told.
template <class Vector>
void check_alignment(const void* address, const char* file, int line) {
  if (reinterpret_cast<std::uintptr_t>(address) % alignof(Vector) != 0) {
    cpu::misaligned(address, sizeof(Vector), alignof(Vector), file, line);
  }
}

template <class Vector>
Vector load_vector(const void* from, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
  check_alignment<Vector>(from, file, line);
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class Vector>
void store_vector(void* to, const Vector& vector, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  check_alignment<Vector>(to, file, line);
  __builtin_memcpy(to, &vector, sizeof vector);
}

}  // namespace mlacheck::MLACHECK_TARGET
