#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 32
#include "harness/device/numeric.h"

#include "tests/executor/kernels.hpp"

namespace mlacheck::executor_test {

using cpu_w32::BFloat16;
using cpu_w32::from_float;
using cpu_w32::Half;
using cpu_w32::to_float;

float decode_bf16(std::uint16_t code) { return to_float(BFloat16{code}); }
float decode_f16(std::uint16_t code) { return to_float(Half{code}); }
std::uint16_t encode_bf16(float value) { return from_float<BFloat16>(value).bits; }
std::uint16_t encode_f16(float value) { return from_float<Half>(value).bits; }

}  // namespace mlacheck::executor_test
