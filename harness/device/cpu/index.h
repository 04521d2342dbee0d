// Index objects. They are macros because a kernel must be able to read them anywhere without a
// handle, and a variable could not be told apart per GPU thread.
#pragma once

#include "harness/device/cpu/runtime.h"

#define threadIdx (::mlacheck::cpu::thread_index())
#define blockIdx (::mlacheck::cpu::block_index())
#define blockDim (::mlacheck::cpu::block_extent())
#define gridDim (::mlacheck::cpu::grid_extent())
