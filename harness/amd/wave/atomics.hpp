// What atomic instructions make of the value in memory and of their operands.
#pragma once

#include <string_view>
#include <type_traits>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

enum class Atomic : u8 {
  add,
  subtract,
  minimum_signed,
  minimum_unsigned,
  maximum_signed,
  maximum_unsigned,
  bit_and,
  bit_or,
  bit_xor,
  increment,
  decrement,
  swap,
  compare_swap,  ///< stores the first operand where memory equals the second
  add_float,
};

/// T is u32 or u64; `compare` is the second operand of compare_swap.
template <class T>
T atomic_result(Atomic atomic, T memory, T operand, T compare) {
  using Signed = std::make_signed_t<T>;
  using Float = std::conditional_t<sizeof(T) == 8, double, float>;
  switch (atomic) {
    case Atomic::add:
      return memory + operand;
    case Atomic::subtract:
      return memory - operand;
    case Atomic::minimum_signed:
      return static_cast<Signed>(operand) < static_cast<Signed>(memory) ? operand : memory;
    case Atomic::minimum_unsigned:
      return operand < memory ? operand : memory;
    case Atomic::maximum_signed:
      return static_cast<Signed>(operand) > static_cast<Signed>(memory) ? operand : memory;
    case Atomic::maximum_unsigned:
      return operand > memory ? operand : memory;
    case Atomic::bit_and:
      return memory & operand;
    case Atomic::bit_or:
      return memory | operand;
    case Atomic::bit_xor:
      return memory ^ operand;
    case Atomic::increment:
      return memory >= operand ? 0 : memory + 1;
    case Atomic::decrement:
      return memory == 0 || memory > operand ? operand : memory - 1;
    case Atomic::swap:
      return operand;
    case Atomic::compare_swap:
      return memory == compare ? operand : memory;
    case Atomic::add_float:
      return std::bit_cast<T>(
          static_cast<Float>(std::bit_cast<Float>(memory) + std::bit_cast<Float>(operand)));
  }
  return memory;
}

struct NamedAtomic {
  std::string_view name;  ///< as global_atomic_... and, with a type, as ds_... name it
  Atomic atomic;
};

}  // namespace mlacheck::amd
