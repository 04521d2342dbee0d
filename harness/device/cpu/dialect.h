// The dialect on the CPU: include harness/device/dialect.h instead.
#pragma once

#if !defined(MLACHECK_WARP_WIDTH)
#error "define MLACHECK_WARP_WIDTH as 32 or 64"
#elif MLACHECK_WARP_WIDTH != 32 && MLACHECK_WARP_WIDTH != 64
#error "MLACHECK_WARP_WIDTH must be 32 or 64"
#elif defined(MLACHECK_TARGET)
// A second compilation of the same source, with a namespace of its own.
#elif MLACHECK_WARP_WIDTH == 32
#define MLACHECK_TARGET cpu_w32
#else
#define MLACHECK_TARGET cpu_w64
#endif

#define MLACHECK_DEVICE

#include "harness/device/cpu/async_copy.h"
#include "harness/device/cpu/atomic.h"
#include "harness/device/cpu/barrier.h"
#include "harness/device/cpu/index.h"
#include "harness/device/cpu/runtime.h"
#include "harness/device/cpu/shared.h"
#include "harness/device/cpu/vector_access.h"
#include "harness/device/cpu/warp.h"
