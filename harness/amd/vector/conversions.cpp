// Between number formats. Conversions to integers truncate, saturate, and make 0 of NaN.
#include <cmath>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

u32 to_unsigned(float value) {
  if (!(value > 0)) return 0;
  return value >= 0x1p32F ? ~0U : static_cast<u32>(static_cast<i64>(value));
}
i32 to_signed(float value) {
  if (value != value) return 0;
  if (value >= 0x1p31F) return 0x7fff'ffff;
  if (value < -0x1p31F) return as_signed(0x8000'0000U);
  return static_cast<i32>(value);
}
u32 to_unsigned(double value) {
  if (!(value > 0)) return 0;
  return value >= 0x1p32 ? ~0U : static_cast<u32>(static_cast<i64>(value));
}
i32 to_signed(double value) {
  if (value != value) return 0;
  if (value >= 0x1p31) return 0x7fff'ffff;
  if (value <= -0x1p31) return as_signed(0x8000'0000U);
  return static_cast<i32>(value);
}

template <unsigned Byte>
float byte_of(u32 value) {
  return static_cast<float>(as_signed(value >> (8 * Byte) & 0xffU));
}

i16 saturated16(float value) {
  if (value != value) return 0;
  return static_cast<i16>(value >= 32767.0F ? 32767.0F : value <= -32768.0F ? -32768.0F : value);
}
u16 saturated_unsigned16(float value) {
  if (!(value > 0)) return 0;
  return static_cast<u16>(value >= 65535.0F ? 65535.0F : value);
}

// v_cvt_pkrtz_f16_f32: towards zero, whatever the mode says.
u32 packed_towards_zero(float a, float b) {
  return static_cast<u32>(_cvtss_sh(a, _MM_FROUND_TO_ZERO)) |
         static_cast<u32>(_cvtss_sh(b, _MM_FROUND_TO_ZERO)) << 16;
}

// v_cvt_pk_f16_f32: to the nearest, whatever the mode says.
u32 packed_to_nearest(float a, float b) {
  return static_cast<u32>(_cvtss_sh(a, _MM_FROUND_TO_NEAREST_INT)) |
         static_cast<u32>(_cvtss_sh(b, _MM_FROUND_TO_NEAREST_INT)) << 16;
}

}  // namespace

void add_conversions(Table& table) {
  table.add("v_cvt_f32_u32", vector([](u32 a) { return static_cast<float>(a); }));
  table.add("v_cvt_f32_i32", vector([](i32 a) { return static_cast<float>(a); }));
  table.add("v_cvt_f64_u32", vector([](u32 a) { return static_cast<double>(a); }));
  table.add("v_cvt_f64_i32", vector([](i32 a) { return static_cast<double>(a); }));
  table.add("v_cvt_u32_f32", vector([](float a) { return to_unsigned(a); }));
  table.add("v_cvt_i32_f32", vector([](float a) { return to_signed(a); }));
  table.add("v_cvt_u32_f64", vector([](double a) { return to_unsigned(a); }));
  table.add("v_cvt_i32_f64", vector([](double a) { return to_signed(a); }));
  table.add("v_cvt_rpi_i32_f32",
            vector([](float a) { return to_signed(__builtin_floorf(a + 0.5F)); }));
  table.add("v_cvt_flr_i32_f32", vector([](float a) { return to_signed(__builtin_floorf(a)); }));
  table.add("v_cvt_f32_f64", vector([](double a) { return static_cast<float>(a); }));
  table.add("v_cvt_f64_f32", vector([](float a) { return static_cast<double>(a); }));
  table.add("v_cvt_f32_f16", vector_without_mode([](Half a) { return to_float(a); }));
  table.add("v_cvt_pk_f16_f32",
            vector_without_mode([](float a, float b) { return packed_to_nearest(a, b); }));
  table.add("v_cvt_f16_f32", vector([](float a) { return to_half(a); }));
  table.add("v_cvt_f16_u16", vector([](u16 a) { return to_half(static_cast<float>(a)); }));
  table.add("v_cvt_f16_i16", vector([](i16 a) { return to_half(static_cast<float>(a)); }));
  table.add("v_cvt_u16_f16", vector([](Half a) { return saturated_unsigned16(to_float(a)); }));
  table.add("v_cvt_i16_f16", vector([](Half a) { return saturated16(to_float(a)); }));
  table.add("v_cvt_f32_ubyte0", vector([](u32 a) { return byte_of<0>(a); }));
  table.add("v_cvt_f32_ubyte1", vector([](u32 a) { return byte_of<1>(a); }));
  table.add("v_cvt_f32_ubyte2", vector([](u32 a) { return byte_of<2>(a); }));
  table.add("v_cvt_f32_ubyte3", vector([](u32 a) { return byte_of<3>(a); }));
  constexpr auto pack = [](float a, float b) { return packed_towards_zero(a, b); };
  table.add("v_cvt_pkrtz_f16_f32", vector(pack));
  constexpr auto pack_words = [](u32 a, u32 b) {
    return std::min(a, 0xffffU) | std::min(b, 0xffffU) << 16;
  };
  table.add("v_cvt_pk_u16_u32", vector(pack_words));
}

}  // namespace mlacheck::amd
