// The block barrier. The default arguments give the executor the caller's source line, so that it
// can tell threads that wait at different barriers apart.
#pragma once

#include "harness/device/cpu/runtime.h"

namespace mlacheck::MLACHECK_TARGET {

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  cpu::barrier(file, line);
}

}  // namespace mlacheck::MLACHECK_TARGET
