// Shared memory. On the CPU a shared variable is a heap allocation of its own, so that ASan gives
// it red zones and MSan knows that it starts uninitialised; a static array would have neither.
#pragma once

#include "harness/device/cpu/runtime.h"

#define MLACHECK_SHARED(type, name, ...)                                               \
  typedef type name##_shared_type __VA_ARGS__;                                         \
  static const char name##_shared_key = 0;                                             \
  name##_shared_type& name = *static_cast<name##_shared_type*>(                        \
      ::mlacheck::cpu::shared_variable(&name##_shared_key, sizeof(name##_shared_type), \
                                       alignof(name##_shared_type), #name, __FILE__, __LINE__))

#define MLACHECK_DYNAMIC_SHARED(type, name) \
  type* const name = static_cast<type*>(::mlacheck::cpu::dynamic_shared(#name, __FILE__, __LINE__))
