// How a vector instruction goes through the lanes of a wave: 32 at a time, in loops that compilers
// vectorise; only lanes that EXEC enables are written.
#pragma once

#include <cstring>
#include <tuple>
#include <utility>

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/vector/half.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// A type of C++ as lanes hold it.
template <class T>
struct Lane;
template <>
struct Lane<u32> {
  static constexpr Type kType = Type::uint32;
  static u32 load(u32 low, u32) { return low; }
  static u32 low(u32 value) { return value; }
  static u32 high(u32) { return 0; }
};
template <>
struct Lane<i32> {
  static constexpr Type kType = Type::int32;
  static i32 load(u32 low, u32) { return as_signed(low); }
  static u32 low(i32 value) { return as_unsigned(value); }
  static u32 high(i32) { return 0; }
};
template <>
struct Lane<float> {
  static constexpr Type kType = Type::float32;
  static float load(u32 low, u32) { return std::bit_cast<float>(low); }
  static u32 low(float value) { return std::bit_cast<u32>(value); }
  static u32 high(float) { return 0; }
};
template <>
struct Lane<u16> {
  static constexpr Type kType = Type::uint16;
  static u16 load(u32 low, u32) { return static_cast<u16>(low); }
  static u32 low(u16 value) { return value; }
  static u32 high(u16) { return 0; }
};
template <>
struct Lane<i16> {
  static constexpr Type kType = Type::int16;
  static i16 load(u32 low, u32) { return static_cast<i16>(low); }
  static u32 low(i16 value) { return static_cast<u16>(value); }
  static u32 high(i16) { return 0; }
};
template <>
struct Lane<Half> {
  static constexpr Type kType = Type::float16;
  static Half load(u32 low, u32) { return {static_cast<u16>(low)}; }
  static u32 low(Half value) { return value.bits; }
  static u32 high(Half) { return 0; }
};
template <>
struct Lane<u64> {
  static constexpr Type kType = Type::uint64;
  static u64 load(u32 low, u32 high) { return joined(low, high); }
  static u32 low(u64 value) { return low_word(value); }
  static u32 high(u64 value) { return high_word(value); }
};
template <>
struct Lane<i64> {
  static constexpr Type kType = Type::int64;
  static i64 load(u32 low, u32 high) { return static_cast<i64>(joined(low, high)); }
  static u32 low(i64 value) { return low_word(static_cast<u64>(value)); }
  static u32 high(i64 value) { return high_word(static_cast<u64>(value)); }
};
template <>
struct Lane<double> {
  static constexpr Type kType = Type::float64;
  static double load(u32 low, u32 high) { return std::bit_cast<double>(joined(low, high)); }
  static u32 low(double value) { return low_word(std::bit_cast<u64>(value)); }
  static u32 high(double value) { return high_word(std::bit_cast<u64>(value)); }
};

/// Half of the lanes of a source: in the register, or in the buffer that constants are spread over.
struct Lanes {
  const u32* low;
  const u32* high;
  alignas(64) u32 buffer[2][kHalf];  // NOLINT(modernize-avoid-c-arrays)
};

/// The general case of fetch().
void fetch_other(const Wave& wave, const Source& source, unsigned half, Lanes& lanes);

template <class T>
inline void fetch(const Wave& wave, const Source& source, unsigned half, Lanes& lanes) {
  constexpr bool wide = words_of(Lane<T>::kType) == 2;
  if (source.kind == Source::Kind::vector && !source.modified) [[likely]] {
    lanes.low = &wave.vector[source.index][half * kHalf];
    lanes.high = wide ? &wave.vector[source.index + 1U][half * kHalf] : lanes.low;
    return;
  }
  fetch_other(wave, source, half, lanes);
  if constexpr (!wide) lanes.high = lanes.low;
}

/// Which lanes of this half are enabled.
inline u32 enabled(const Wave& wave, unsigned half) {
  return wave.scalar[ScalarRegister::kExec + half];
}

/// The mask source's bits for this half.
inline u32 mask_bits(const Wave& wave, const Source& source, unsigned half) {
  if (source.kind == Source::Kind::scalar) return wave.scalar[source.index + half];
  return half == 0 ? low_word(source.value) : high_word(source.value);
}

inline void write_word(Wave& wave, unsigned target, unsigned half, u32 mask, const u32* from) {
  u32* const to = &wave.vector[target][half * kHalf];
  if (mask == ~0U) [[likely]] {
    std::memcpy(to, from, kHalf * sizeof(u32));
    return;
  }
  for (unsigned i = 0; i < kHalf; ++i) {
    const u32 keep = ((mask >> i) & 1U) - 1U;
    to[i] = (to[i] & keep) | (from[i] & ~keep);
  }
}

/// Clamps, output modifiers, parts of registers.
void write_special(Wave& wave, const Operation& operation, unsigned half, u32 mask, u32* low,
                   u32* high);

template <class T>
inline void write(Wave& wave, const Operation& operation, unsigned half, u32 mask, u32* low,
                  u32* high) {
  if (operation.special_write) [[unlikely]] {
    write_special(wave, operation, half, mask, low, high);
    return;
  }
  write_word(wave, operation.target, half, mask, low);
  if constexpr (words_of(Lane<T>::kType) == 2) {
    write_word(wave, operation.target + 1U, half, mask, high);
  }
}

/// Runs the operation with the processor set to the wave's rounding and denormal mode.
void run_in_mode(Wave& wave, const Operation& operation, Type type);

template <class... T>
constexpr Type float_type_of() {
  Type type = Type::none;
  ((type = is_float(Lane<T>::kType) ? Lane<T>::kType : type), ...);
  return type;
}

template <class Function>
struct Signature;
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> {
  using Result = R;
  static constexpr u8 kCount = sizeof...(A);

  static constexpr std::array<Type, 4> types() { return {Lane<std::remove_cvref_t<A>>::kType...}; }

  // Result R: one value a lane.
  template <class F, bool IgnoresMode, std::size_t... I>
  static void values(Wave& wave, const Operation& operation, std::index_sequence<I...>) {
    if constexpr (!IgnoresMode && float_type_of<R, A...>() != Type::none) {
      if (wave.special_mode && !wave.in_mode) [[unlikely]] {
        return run_in_mode(wave, operation, float_type_of<R, A...>());
      }
    }
    for (unsigned half = 0; half < 2; ++half) {
      const u32 mask = enabled(wave, half);
      if (mask == 0) continue;
      std::array<Lanes, sizeof...(A)> lanes;
      (fetch<A>(wave, operation.source[I], half, lanes[I]), ...);
      const std::array<const u32*, sizeof...(A)> low{lanes[I].low...};
      const std::array<const u32*, sizeof...(A)> high{lanes[I].high...};
      alignas(64) std::array<u32, kHalf> result;
      alignas(64) std::array<u32, kHalf> upper;
      for (unsigned i = 0; i < kHalf; ++i) {
        const R value = F{}(Lane<A>::load(low[I][i], high[I][i])...);
        result[i] = Lane<R>::low(value);
        if constexpr (words_of(Lane<R>::kType) == 2) upper[i] = Lane<R>::high(value);
      }
      write<R>(wave, operation, half, mask, result.data(), upper.data());
    }
  }

  template <class F, bool IgnoresMode>
  static void run(Wave& wave, const Operation& operation) {
    values<F, IgnoresMode>(wave, operation, std::index_sequence_for<A...>());
  }

  // Result bool: one bit a lane, lanes that are not enabled give 0.
  template <class F, bool ToExec, std::size_t... I>
  static void bits(Wave& wave, const Operation& operation, std::index_sequence<I...>) {
    if constexpr (float_type_of<A...>() != Type::none) {
      if (wave.special_mode && !wave.in_mode) [[unlikely]] {
        return run_in_mode(wave, operation, float_type_of<A...>());
      }
    }
    u32 words[2] = {0, 0};  // NOLINT(modernize-avoid-c-arrays)
    for (unsigned half = 0; half < 2; ++half) {
      const u32 mask = enabled(wave, half);
      if (mask == 0) continue;
      std::array<Lanes, sizeof...(A)> lanes;
      (fetch<A>(wave, operation.source[I], half, lanes[I]), ...);
      const std::array<const u32*, sizeof...(A)> low{lanes[I].low...};
      const std::array<const u32*, sizeof...(A)> high{lanes[I].high...};
      u32 word = 0;
      for (unsigned i = 0; i < kHalf; ++i) {
        word |= (F{}(Lane<A>::load(low[I][i], high[I][i])...) ? 1U : 0U) << i;
      }
      words[half] = word & mask;
    }
    const u64 result = joined(words[0], words[1]);
    wave.set_mask(operation.mask_target, result);
    if constexpr (ToExec) wave.set_mask(ScalarRegister::kExec, result);
  }

  template <class F, bool ToExec>
  static void compare(Wave& wave, const Operation& operation) {
    bits<F, ToExec>(wave, operation, std::index_sequence_for<A...>());
  }
};

template <class F>
using SignatureOf = Signature<decltype(&F::operator())>;

/// Target, then the sources; the forms e32, e64, SDWA and DPP.
void bind_vector(const Binding& binding);
/// The same, with the target as last source.
void bind_accumulating(const Binding& binding);
/// Mask target, then the sources; without a printed target it is exec (gfx10's v_cmpx).
void bind_comparison(const Binding& binding);

/// F is a function without state that computes one lane from values of one lane.
template <class F>
constexpr Entry vector(F) {
  using S = SignatureOf<F>;
  return {&S::template run<F, false>, &bind_vector, Lane<typename S::Result>::kType, S::types(),
          S::kCount};
}
/// The same for instructions whose float results depend on no mode.
template <class F>
constexpr Entry vector_without_mode(F) {
  using S = SignatureOf<F>;
  return {&S::template run<F, true>, &bind_vector, Lane<typename S::Result>::kType, S::types(),
          S::kCount};
}
/// F's last argument is the target's old value.
template <class F>
constexpr Entry accumulating(F function) {
  Entry entry = vector(function);
  entry.bind = &bind_accumulating;
  return entry;
}
template <bool ToExec, class F>
constexpr Entry comparison(F) {
  using S = SignatureOf<F>;
  return {&S::template compare<F, ToExec>, &bind_comparison, Type::mask, S::types(), S::kCount};
}

}  // namespace mlacheck::amd
