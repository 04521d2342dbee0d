// Quantizers of blocks and groups: MXFP4, NVFP4, and FP8 with a float scale.
//
// MXFP4 is exact: its scale is found by comparing amax with multiples of powers of two, its codes
// by search among the values of E2M1. FP8 and NVFP4 round to float at named steps, once each; the
// steps are carried out here with that one rounding and nothing else.
// Formula sources: OCP Microscaling Formats 1.0 section 6.3 and the rules that quantizers of MXFP4
// choose from (see ScaleRule); group scales as DeepSeek-V3 section 3.3.2 describes them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "reference/common/formats.hpp"

namespace mlacheck::reference {

/// The shared exponent e of a block is the smallest for which amax is in the interval below 2^e
/// times the limit; at least -127.
enum class ScaleRule : std::uint8_t {
  floor,     ///< amax < 8 * 2^e
  round_up,  ///< amax <= 6 * 2^e
  even,      ///< amax < 7 * 2^e
  ceil,      ///< amax <= 4 * 2^e
};

/// The byte of a block that holds NaN or infinity, or for `even` has amax >= 1.75 * 2^127.
enum class SpecialBlock : std::uint8_t {
  launder,     ///< NaN elements do not count; 254
  wrap,        ///< 254; a NaN that comes first and has a payload of at least 0x600000 gives 0
  arithmetic,  ///< NaN elements do not count; e = 126, byte 253
  nan_scale,   ///< 255, and all codes 0
};

struct MxBlock {
  std::uint8_t scale = 0;
  std::array<std::uint8_t, 32> codes{};  ///< one element each, sign in bit 3
};

/// The scale byte for an amax >= 0 that is no NaN.
std::uint8_t mx_scale_byte(double amax, ScaleRule rule,
                           SpecialBlock special = SpecialBlock::launder);

/// `flushes`: subnormal elements count as zero for their codes, and so does the factor 2^-127 of
/// byte 254 (which makes infinity a NaN, of code 3). The sign of zero is kept.
MxBlock quantize_mxfp4(std::span<const float, 32> x, ScaleRule rule,
                       SpecialBlock special = SpecialBlock::launder, bool flushes = false);

/// code * 2^(scale - 127); NaN for scale 255.
double mxfp4_value(std::uint8_t code, std::uint8_t scale);

struct Fp8Rule {
  SmallFormat format = SmallFormat::e4m3fn;
  float maximum = 448;                    ///< what amax becomes
  float eps = 1e-10f;                     ///< lower limit of amax
  bool multiplies_by_reciprocal = false;  ///< the scale is m * fl(1 / maximum), not fl(m / maximum)
  bool clamp_keeps_nan = false;           ///< otherwise a NaN becomes -maximum
};

struct Fp8Group {
  float scale = 0;
  std::vector<std::uint8_t> codes;
};

/// max(amax, eps), with NaN elements left out of amax.
float fp8_magnitude(std::span<const float> x, const Fp8Rule& rule);

/// The code of an element that has been divided by its scale: clamped, NaN by the rule.
std::uint8_t fp8_code(double scaled, const Fp8Rule& rule);

/// The codes of the quotients that are within `error` of x / scale, relative; mostly the same one
/// twice.
struct Fp8Codes {
  std::uint8_t lower;
  std::uint8_t upper;
};
Fp8Codes fp8_codes_within(float x, float scale, double error, const Fp8Rule& rule);

/// scale = fl(max(amax, eps) / maximum) with NaN elements left out of amax;
/// code = RNE(clamp(fl(x * fl(1 / scale)))).
Fp8Group quantize_fp8_group(std::span<const float> x, const Fp8Rule& rule);

struct Nvfp4Block {
  std::uint8_t scale = 0;  ///< E4M3FN
  std::array<std::uint8_t, 16> codes{};
};

/// scale = RNE_e4m3(fl(amax * fl(global * fl(1/6)))), saturating;
/// code = RNE_e2m1(fl(x * fl(1 / fl(scale * fl(1 / global))))). A block with amax 0 has scale 0 and
/// factor 0 instead. NaN elements do not count in amax; a NaN product has code 7.
Nvfp4Block quantize_nvfp4(std::span<const float, 16> x, float global);

}  // namespace mlacheck::reference
