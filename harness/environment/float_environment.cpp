#include "harness/environment/float_environment.hpp"

#include <array>
#include <string_view>
#include <utility>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <cfenv>
#endif

namespace mlacheck {
namespace {

void add(std::string& text, std::string_view part) {
  if (!text.empty()) text += ", ";
  text += part;
}

#if defined(__x86_64__)

// MXCSR: bits 0 to 5 are flags; then denormals-are-zero, six masks, rounding, flush-to-zero.
constexpr std::uint32_t kControlBits = 0xFFC0;
constexpr std::uint32_t kDenormalsAreZero = 1U << 6;
constexpr std::uint32_t kFlushToZero = 1U << 15;
// x87: six masks, precision, rounding, and a bit that no unit of today reads.
constexpr std::uint32_t kX87Bits = 0x0F3F;
constexpr std::uint32_t kMasks = 0x3F;

struct X87State {
  std::uint32_t control, status, tag, instruction, instruction_place, operand, operand_place;
};

// The store masks all traps on the way, so the state is loaded again.
X87State x87_state() {
  X87State state{};
  __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(state));
  return state;
}

std::uint32_t mxcsr() {
  std::uint32_t value = 0;
  __asm__ volatile("stmxcsr %0" : "=m"(value));
  return value;
}

constexpr std::array<std::string_view, 4> kRoundings{"to nearest", "downward", "upward",
                                                     "toward zero"};
constexpr std::array<std::string_view, 6> kExceptions{"invalid operation", "denormal operand",
                                                      "division by zero",  "overflow",
                                                      "underflow",         "inexact result"};

void add_traps(std::string& text, std::uint32_t masks, std::string_view unit) {
  std::string names;
  for (std::size_t i = 0; i < kExceptions.size(); ++i) {
    if ((masks >> i & 1U) != 0) continue;
    if (!names.empty()) names += " and ";
    names += kExceptions[i];
  }
  if (!names.empty()) add(text, std::string(unit) + "traps on " + names);
}

#elif defined(__aarch64__)

// Alternative half precision, default NaN, flush to zero, rounding, flush fp16, traps.
constexpr std::uint32_t kControlBits = 0x07C8'9F00;

std::uint64_t fpcr() {
  std::uint64_t value = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}

constexpr std::array<std::string_view, 4> kRoundings{"to nearest", "upward", "downward",
                                                     "toward zero"};

#endif

}  // namespace

#if defined(__x86_64__)

FloatEnvironment standard_float_environment() { return {0x1F80, 0x033F, false}; }

FloatEnvironment float_environment() {
  const X87State state = x87_state();
  return {mxcsr() & kControlBits, state.control & kX87Bits, (state.tag & 0xFFFFU) != 0xFFFFU};
}

void set_float_environment(const FloatEnvironment& wanted) {
  const X87State state = x87_state();
  const bool empties = !wanted.x87_in_use && (state.tag & 0xFFFFU) != 0xFFFFU;
  // A pending exception would trap at the next x87 instruction, long after its cause.
  const bool trapping = (~state.control & kMasks) != 0;
  if (empties || trapping) __asm__ volatile("fninit");
  const auto x87 = static_cast<std::uint16_t>(wanted.x87 | 0x0040U);
  __asm__ volatile("fldcw %0" : : "m"(x87));
  const std::uint32_t value = (mxcsr() & ~kControlBits) | wanted.control;
  __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

std::string describe_difference(const FloatEnvironment& environment) {
  const FloatEnvironment standard = standard_float_environment();
  std::string text;
  if (const std::uint32_t rounding = environment.control >> 13 & 3U; rounding != 0) {
    add(text, "rounding " + std::string(kRoundings[rounding]));
  }
  if ((environment.control & kFlushToZero) != 0) add(text, "flush-to-zero on");
  if ((environment.control & kDenormalsAreZero) != 0) add(text, "denormals-are-zero on");
  const std::uint32_t masks = environment.control >> 7 & kMasks;
  add_traps(text, masks, "");
  // The C library sets the rounding of both units: the x87 unit is named where it differs.
  if (const std::uint32_t rounding = environment.x87 >> 10 & 3U;
      rounding != (environment.control >> 13 & 3U)) {
    add(text, "x87 rounding " + std::string(kRoundings[rounding]));
  }
  if (const std::uint32_t precision = environment.x87 >> 8 & 3U; precision != 3) {
    add(text, precision == 2 ? "x87 precision 53 bits" : "x87 precision 24 bits");
  }
  if ((environment.x87 & kMasks) != masks) add_traps(text, environment.x87 & kMasks, "x87 ");
  if (environment.x87_in_use) add(text, "x87 registers in use (MMX without emms)");
  if (text.empty() && !(environment == standard)) text = "other control bits set";
  return text;
}

#elif defined(__aarch64__)

FloatEnvironment standard_float_environment() { return {}; }

FloatEnvironment float_environment() {
  return {static_cast<std::uint32_t>(fpcr()) & kControlBits, 0, false};
}

void set_float_environment(const FloatEnvironment& wanted) {
  const std::uint64_t value = (fpcr() & ~std::uint64_t{kControlBits}) | wanted.control;
  __asm__ volatile("msr fpcr, %0" : : "r"(value));
}

std::string describe_difference(const FloatEnvironment& environment) {
  std::string text;
  const std::uint32_t control = environment.control;
  if (const std::uint32_t rounding = control >> 22 & 3U; rounding != 0) {
    add(text, "rounding " + std::string(kRoundings[rounding]));
  }
  if ((control >> 24 & 1U) != 0) add(text, "flush-to-zero on");
  if ((control >> 19 & 1U) != 0) add(text, "flush-to-zero on for fp16");
  if ((control >> 25 & 1U) != 0) add(text, "default NaN on");
  if ((control >> 26 & 1U) != 0) add(text, "alternative half precision on");
  if ((control & 0x9F00U) != 0) add(text, "floating-point exceptions trap");
  return text;
}

#else

FloatEnvironment standard_float_environment() { return {FE_TONEAREST, 0, false}; }

FloatEnvironment float_environment() {
  return {static_cast<std::uint32_t>(std::fegetround()), 0, false};
}

void set_float_environment(const FloatEnvironment& wanted) {
  std::fesetenv(FE_DFL_ENV);
  std::fesetround(static_cast<int>(wanted.control));
}

std::string describe_difference(const FloatEnvironment& environment) {
  std::string text;
  if (!(environment == standard_float_environment())) add(text, "another rounding");
  return text;
}

#endif

}  // namespace mlacheck
