// The control state of floating-point arithmetic: rounding, flushing of subnormals, which
// exceptions trap. The sticky flags, which every operation may set, are no part of it.
#pragma once

#include <cstdint>
#include <string>

namespace mlacheck {

struct FloatEnvironment {
  std::uint32_t control = 0;  ///< x86: MXCSR without its flags; AArch64: FPCR
  std::uint32_t x87 = 0;      ///< x86: control word of the x87 unit, which long double uses
  bool x87_in_use = false;    ///< x86: registers of the x87 stack are taken, as MMX leaves them

  bool operator==(const FloatEnvironment&) const = default;
};

/// The environment in which every program starts: to nearest, subnormals kept, no traps.
FloatEnvironment standard_float_environment();

/// The environment of this thread.
FloatEnvironment float_environment();

/// Makes it the environment of this thread.
void set_float_environment(const FloatEnvironment& wanted);

/// "rounding upward, flush-to-zero on": how it differs from the standard one. Empty if it does not.
std::string describe_difference(const FloatEnvironment& environment);

}  // namespace mlacheck
