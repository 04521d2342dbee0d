// out[t, v] = -x[t, v]: the sign changes and nothing else, zeros, infinities and NaNs included.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"

namespace mlacheck::MLACHECK_TARGET::negate {

inline constexpr unsigned kThreads = 128;

/// Element (t, v) of x is at t * x_row + v; of out at t * out_row + v.
template <class T>
struct Params {
  const T* x;
  T* out;
  std::int64_t x_row;
  std::int64_t out_row;
  std::int64_t tokens;
  std::int64_t columns;
};

/// One thread an element, through a subtraction.
template <class T>
struct Plain {
  static constexpr const char* kName = "negate_plain";
  using Params = negate::Params<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (index >= p.tokens * p.columns) return;
    const std::int64_t token = index / p.columns;
    const std::int64_t column = index % p.columns;
    p.out[token * p.out_row + column] = from_float<T>(-to_float(p.x[token * p.x_row + column]));
  }
};

/// One block a row.
template <class T>
struct Rows {
  static constexpr const char* kName = "negate_rows";
  using Params = negate::Params<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const T* x = p.x + static_cast<std::int64_t>(blockIdx.x) * p.x_row;
    T* out = p.out + static_cast<std::int64_t>(blockIdx.x) * p.out_row;
    for (std::int64_t v = threadIdx.x; v < p.columns; v += kThreads) {
      out[v] = from_float<T>(-to_float(x[v]));
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::negate
