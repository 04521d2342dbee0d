// How scalar instructions get their operands. A function of C++ computes the result from the sources
// and sets scc where it takes a bool& as last argument.
#pragma once

#include <type_traits>
#include <utility>

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/wave/scalars.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

template <class T>
inline T scalar_value(const Wave& wave, const Source& source) {
  if constexpr (sizeof(T) == 8) {
    return static_cast<T>(scalar64(wave, source));
  } else {
    return static_cast<T>(scalar32(wave, source));
  }
}
template <class T>
inline void set_scalar(Wave& wave, unsigned target, T value) {
  if constexpr (sizeof(T) == 8) {
    wave.scalar[target] = low_word(static_cast<u64>(value));
    wave.scalar[target + 1] = high_word(static_cast<u64>(value));
  } else {
    wave.scalar[target] = static_cast<u32>(value);
  }
}

template <class T>
constexpr Type scalar_type() {
  if constexpr (sizeof(T) == 8) {
    return std::is_signed_v<T> ? Type::int64 : Type::uint64;
  } else {
    return std::is_signed_v<T> ? Type::int32 : Type::uint32;
  }
}

template <class Function>
struct ScalarSignature;
template <class C, class R, class... A>
struct ScalarSignature<R (C::*)(A...) const> {
  static constexpr bool kFlag = (std::is_same_v<A, bool&> || ...);
  static constexpr u8 kCount = static_cast<u8>(sizeof...(A) - (kFlag ? 1 : 0));

  template <class T>
  static T argument(Wave& wave, const Operation& operation, std::size_t i, bool& flag) {
    if constexpr (std::is_same_v<T, bool&>) {
      return flag;
    } else {
      return scalar_value<T>(wave, operation.source[i]);
    }
  }

  template <class F, std::size_t... I>
  static void call(Wave& wave, const Operation& operation, std::index_sequence<I...>) {
    bool flag = wave.scc();
    if constexpr (std::is_void_v<R>) {
      F{}(argument<A>(wave, operation, I, flag)...);
    } else {
      const R result = F{}(argument<A>(wave, operation, I, flag)...);
      set_scalar(wave, operation.target, result);
    }
    if constexpr (kFlag) wave.set_scc(flag);
  }

  template <class F>
  static void run(Wave& wave, const Operation& operation) {
    call<F>(wave, operation, std::index_sequence_for<A...>());
  }

  static constexpr std::array<Type, 4> types() { return {type_of<A>()...}; }
  template <class T>
  static constexpr Type type_of() {
    if constexpr (std::is_same_v<T, bool&>) {
      return Type::none;
    } else {
      return scalar_type<T>();
    }
  }
  static constexpr Type result() {
    if constexpr (std::is_void_v<R>) {
      return Type::none;
    } else {
      return scalar_type<R>();
    }
  }
};

/// Target, then the sources; without a result only sources.
void bind_scalar(const Binding& binding);
/// Target, which is the first source as well, then the others (SOPK).
void bind_scalar_in_place(const Binding& binding);

template <class F>
constexpr Entry scalar(F) {
  using S = ScalarSignature<decltype(&F::operator())>;
  return {&S::template run<F>, &bind_scalar, S::result(), S::types(), S::kCount};
}
template <class F>
constexpr Entry scalar_in_place(F function) {
  Entry entry = scalar(function);
  entry.bind = &bind_scalar_in_place;
  return entry;
}

}  // namespace mlacheck::amd
