// What decode_step needs besides the kernels of the ops that it is made of.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET::decode_step {

/// starts[i] = i: after the expansion each row is a request of one token. One thread an entry.
struct CountRows {
  static constexpr const char* kName = "count_rows";
  static constexpr int kThreads = 128;

  struct Params {
    std::int32_t* starts;
    std::int64_t entries;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (i < p.entries) p.starts[i] = static_cast<std::int32_t>(i);
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::decode_step
