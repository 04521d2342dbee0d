// The CUDA dialect that kernels are written in, for all backends.
//
// The unit that includes a kernel defines exactly one of MLACHECK_BACKEND_CPU,
// MLACHECK_BACKEND_CUDA and MLACHECK_BACKEND_HIP, and for the CPU also MLACHECK_WARP_WIDTH (32 or
// 64). A kernel then finds, inside namespace mlacheck::MLACHECK_TARGET:
//
//   MLACHECK_TARGET                          cpu_w32, cpu_w64, cuda or hip (a namespace name)
//   MLACHECK_DEVICE                          marks a function that runs in a kernel
//   MLACHECK_SHARED(type, name, [16][17])    a shared array of static extent
//   MLACHECK_DYNAMIC_SHARED(type, name)      `type* name`, of the size given at launch
//   kWarpWidth, LaneMask, kFullMask          width 32 or 64; the mask has as many bits
//   threadIdx, blockIdx, blockDim, gridDim, __syncthreads, __syncwarp, __shfl*_sync, __ballot_sync,
//   __any_sync, __all_sync, __reduce_{add,min,max}_sync, atomicAdd, atomicMax, atomicMin,
//   atomicExch, atomicCAS, __threadfence     with the meaning of the CUDA C++ Programming Guide
//   load_vector<V>(from), store_vector(to, v)  one access of a whole V; its alignment is checked on
//                                            the CPU
//   async_copy<Bytes>(shared_to, from), async_commit(), async_wait<Pending>()  see below
//
// Asynchronous copies are cp.async of PTX. async_copy<4>, <8> or <16> begins to copy so many bytes
// from global to shared memory; both addresses must be multiples of Bytes (the CPU reports
// misaligned_access). async_commit() makes a group of what the thread has begun since its last one;
// a group may be empty. async_wait<N>() returns when at most the N newest groups of the thread are
// still on their way. Until then the source must not change, and nobody may read or write the
// destination. The thread itself sees the data after the wait, others after the wait and a barrier.
// No wait is for what was not committed. A block may end with copies on their way: their sources
// are read, and nobody sees the data.
//
// kWarpWidth is a constant of the device compilation: with HIP it differs between the architectures
// of one program, so host code must not use it.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <cstddef>
#include <cstdint>

#if defined(MLACHECK_BACKEND_CPU) + defined(MLACHECK_BACKEND_CUDA) + \
        defined(MLACHECK_BACKEND_HIP) !=                             \
    1
#error "define exactly one of MLACHECK_BACKEND_CPU, MLACHECK_BACKEND_CUDA, MLACHECK_BACKEND_HIP"
#endif

#if defined(MLACHECK_BACKEND_CPU)
#include "harness/device/cpu/dialect.h"
#elif defined(MLACHECK_BACKEND_CUDA)
#include "harness/device/cuda/dialect.h"
#else
#include "harness/device/hip/dialect.h"
#endif
