// Atomics on memory: GLOBAL and FLAT.
#include "harness/amd/wave/atomics.hpp"

#include "harness/amd/global/access.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/global/families.hpp"
#include "harness/amd/wave/each_lane.hpp"

namespace mlacheck::amd {
namespace {

template <class T>
T value_of(const Wave& wave, unsigned source, unsigned lane) {
  if constexpr (sizeof(T) == 8) {
    return joined(wave.vector[source][lane], wave.vector[source + 1][lane]);
  } else {
    return wave.vector[source][lane];
  }
}

template <class T>
u8* memory_of(const Wave& wave, const Operation& operation, u64 address, unsigned lane) {
  if (address >> 32 == kSharedAperture >> 32) {
    return lds_memory(wave, operation, low_word(address), sizeof(T), lane, "atomic");
  }
  return static_cast<u8*>(global_memory(wave, operation, address, sizeof(T), "atomic", lane));
}

template <class T, Atomic Kind>
void run_atomic(Wave& wave, const Operation& operation) {
  constexpr unsigned kWords = sizeof(T) / 4;
  each_lane(wave.exec(), [&](unsigned lane) {
    u8* const memory = memory_of<T>(wave, operation, global_address(wave, operation, lane), lane);
    T before = 0;
    std::memcpy(&before, memory, sizeof(T));
    const unsigned data = operation.source[kData].index;
    const T operand = value_of<T>(wave, data, lane);
    const T compare = Kind == Atomic::compare_swap ? value_of<T>(wave, data + kWords, lane) : T{0};
    const T after = atomic_result<T>(Kind, before, operand, compare);
    std::memcpy(memory, &after, sizeof(T));
    if ((operation.flags & kReturns) != 0) {
      wave.vector[operation.target][lane] = static_cast<u32>(before);
      if constexpr (sizeof(T) == 8) wave.vector[operation.target + 1U][lane] = high_word(before);
    }
  });
}

// Target with glc (sc0 from gfx942 on), address, data, base.
template <Space S>
void bind_atomic(const Binding& binding) {
  Operation& operation = binding.operation;
  std::size_t next = 0;
  if (binding.instruction.modifier("glc") != nullptr ||
      binding.instruction.modifier("sc0") != nullptr) {
    operation.flags |= kReturns;
    operation.target = binding.vector_target(next++);
  }
  next = bind_address(binding, S, next);
  operation.source[kData].kind = Source::Kind::vector;
  operation.source[kData].index = binding.vector_target(next++);
  next = bind_base(binding, S, next);
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
  bind_offset(binding, S);
}

template <class T, Atomic Kind>
void add_one(Table& table, const std::string& name) {
  const std::string suffix = sizeof(T) == 8 && Kind != Atomic::add_float ? "_x2" : "";
  table.add("global_atomic_" + name + suffix, {&run_atomic<T, Kind>, &bind_atomic<Space::global>});
  table.add("flat_atomic_" + name + suffix, {&run_atomic<T, Kind>, &bind_atomic<Space::flat>});
}

template <class T>
void add_width(Table& table) {
  add_one<T, Atomic::add>(table, "add");
  add_one<T, Atomic::subtract>(table, "sub");
  add_one<T, Atomic::minimum_signed>(table, "smin");
  add_one<T, Atomic::minimum_unsigned>(table, "umin");
  add_one<T, Atomic::maximum_signed>(table, "smax");
  add_one<T, Atomic::maximum_unsigned>(table, "umax");
  add_one<T, Atomic::bit_and>(table, "and");
  add_one<T, Atomic::bit_or>(table, "or");
  add_one<T, Atomic::bit_xor>(table, "xor");
  add_one<T, Atomic::increment>(table, "inc");
  add_one<T, Atomic::decrement>(table, "dec");
  add_one<T, Atomic::swap>(table, "swap");
  add_one<T, Atomic::compare_swap>(table, "cmpswap");
}

}  // namespace

void add_memory_atomics(Table& table) {
  add_width<u32>(table);
  add_width<u64>(table);
  add_one<u32, Atomic::add_float>(table, "add_f32");
  add_one<u64, Atomic::add_float>(table, "add_f64");
}

}  // namespace mlacheck::amd
