// ds_add_u32 and its like, with and without a returned value.
#include "harness/amd/wave/atomics.hpp"

#include <array>

#include "harness/amd/global/access.hpp"
#include "harness/amd/lds/families.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/wave.hpp"

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

template <class T, Atomic Kind, bool Returns>
void run_atomic(Wave& wave, const Operation& operation) {
  each_lane(wave.exec(), [&](unsigned lane) {
    const u32 address =
        wave.vector[operation.source[0].index][lane] + static_cast<u32>(operation.offset);
    u8* const memory = lds_memory(wave, operation, address, sizeof(T), lane, "atomic");
    T before = 0;
    std::memcpy(&before, memory, sizeof(T));
    // ds_cmpst prints what is compared before what is stored.
    const T first = value_of<T>(wave, operation.source[1].index, lane);
    const T second =
        Kind == Atomic::compare_swap ? value_of<T>(wave, operation.source[2].index, lane) : T{0};
    const T after = Kind == Atomic::compare_swap ? atomic_result<T>(Kind, before, second, first)
                                                 : atomic_result<T>(Kind, before, first, 0);
    std::memcpy(memory, &after, sizeof(T));
    if constexpr (Returns) {
      wave.vector[operation.target][lane] = static_cast<u32>(before);
      if constexpr (sizeof(T) == 8) wave.vector[operation.target + 1U][lane] = high_word(before);
    }
  });
}

template <bool Returns, bool TwoData>
void bind_atomic(const Binding& binding) {
  expect_modifiers(binding, {"offset"});
  Operation& operation = binding.operation;
  std::size_t next = 0;
  if (Returns) operation.target = binding.vector_target(next++);
  for (std::size_t i = 0; i < (TwoData ? 3U : 2U); ++i) {
    operation.source.at(i).kind = Source::Kind::vector;
    operation.source.at(i).index = binding.vector_target(next++);
  }
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
  operation.offset = binding.instruction.number("offset");
}

template <class T, Atomic Kind>
void add_one(Table& table, const std::string& name, const std::string& type) {
  constexpr bool kTwo = Kind == Atomic::compare_swap;
  table.add("ds_" + name + "_" + type, {&run_atomic<T, Kind, false>, &bind_atomic<false, kTwo>});
  table.add("ds_" + name + "_rtn_" + type, {&run_atomic<T, Kind, true>, &bind_atomic<true, kTwo>});
}

template <class T>
void add_width(Table& table) {
  const std::string bits = sizeof(T) == 8 ? "64" : "32";
  add_one<T, Atomic::add>(table, "add", "u" + bits);
  add_one<T, Atomic::subtract>(table, "sub", "u" + bits);
  add_one<T, Atomic::minimum_signed>(table, "min", "i" + bits);
  add_one<T, Atomic::maximum_signed>(table, "max", "i" + bits);
  add_one<T, Atomic::minimum_unsigned>(table, "min", "u" + bits);
  add_one<T, Atomic::maximum_unsigned>(table, "max", "u" + bits);
  add_one<T, Atomic::bit_and>(table, "and", "b" + bits);
  add_one<T, Atomic::bit_or>(table, "or", "b" + bits);
  add_one<T, Atomic::bit_xor>(table, "xor", "b" + bits);
  add_one<T, Atomic::increment>(table, "inc", "u" + bits);
  add_one<T, Atomic::decrement>(table, "dec", "u" + bits);
  add_one<T, Atomic::compare_swap>(table, "cmpst", "b" + bits);
  table.add("ds_wrxchg_rtn_b" + bits,
            {&run_atomic<T, Atomic::swap, true>, &bind_atomic<true, false>});
}

}  // namespace

void add_lds_atomics(Table& table) {
  add_width<u32>(table);
  add_width<u64>(table);
  add_one<u32, Atomic::add_float>(table, "add", "f32");
  add_one<u64, Atomic::add_float>(table, "add", "f64");
}

}  // namespace mlacheck::amd
