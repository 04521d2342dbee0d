// The kernels of the executor's own tests, by name, as host code sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck::executor_test {

/// One set of parameters serves all kernels; what they mean is said at each kernel.
struct Params {
  const float* in = nullptr;
  float* out = nullptr;
  int* counters = nullptr;
  std::int64_t n = 0;
  int phases = 0;
  unsigned writer = 0;
  unsigned reader = 0;
};

using Launch = Status (*)(LaunchContext&, Dim3 grid, Dim3 block, std::size_t dynamic_shared_bytes,
                          const Params&);

struct NamedKernel {
  const char* name;
  Launch launch;
};

/// A fixed table, ended by a null name.
const NamedKernel* kernels_w32();
const NamedKernel* kernels_w64();

/// harness/device/numeric.h as compiled for the CPU, on codes.
float decode_bf16(std::uint16_t code);
float decode_f16(std::uint16_t code);
std::uint16_t encode_bf16(float value);
std::uint16_t encode_f16(float value);

}  // namespace mlacheck::executor_test
