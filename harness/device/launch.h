// How a host routine starts a kernel:
//
//   Status launch<K>(LaunchContext& context, Dim3 grid, Dim3 block,
//                    std::size_t dynamic_shared_bytes, const typename K::Params& params)
//
// in namespace mlacheck::MLACHECK_TARGET. K is a struct with `kName` (a string literal), a plain
// `Params` that is passed by value, and `static MLACHECK_DEVICE void kernel(const Params&)`.
//
// Refused with StatusCode::launch_failed, before anything runs, on every backend alike: an extent
// of zero, more than 1024 threads in a block (or block z over 64), a grid beyond 2^31-1 x 65535 x
// 65535, more than 227 KiB of dynamic shared memory (CUDA C++ Programming Guide, table of technical
// specifications, compute capability 9.0). HIP alone also refuses 2^32 threads or more along an axis
// (harness/device/hip/grid_limit.hpp). The launch is recorded in the context before it starts,
// and every block that ran adds one to context.receipt_counter().
#pragma once

#include "harness/device/dialect.h"
#include "harness/device/launch_limits.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

#if defined(MLACHECK_BACKEND_CPU)
#include "harness/device/cpu/launch.h"
#elif defined(MLACHECK_BACKEND_CUDA)
#include "harness/device/cuda/launch.h"
#else
#include "harness/device/hip/launch.h"
#endif
