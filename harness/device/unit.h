// What a unit of subjects is compiled for: which backend, and which of the op's variants.
#pragma once

#include <string>
#include <string_view>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET {

/// "cpu.w32", "cpu.w64", "cuda" or "hip".
inline std::string backend_name() {
#if defined(MLACHECK_BACKEND_CUDA)
  return "cuda";
#elif defined(MLACHECK_BACKEND_HIP)
  return "hip";
#else
  return "cpu.w" + std::to_string(MLACHECK_WARP_WIDTH);
#endif
}

/// Asked with `if constexpr`, so that a variant that is left out costs no code. A mutant breaks one
/// variant: its unit names that one in MLACHECK_ONLY_VARIANT. All other units have every variant.
constexpr bool has_variant([[maybe_unused]] std::string_view variant) {
#if defined(MLACHECK_ONLY_VARIANT)
  return variant == MLACHECK_ONLY_VARIANT;
#else
  return true;
#endif
}

}  // namespace mlacheck::MLACHECK_TARGET
