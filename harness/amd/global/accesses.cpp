// Loads and stores by lane: FLAT, GLOBAL, SCRATCH and MUBUF, of every width.
#include <string>

#include "harness/amd/global/access.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/global/families.hpp"
#include "harness/amd/global/lds_loads.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/element.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/gather.hpp"

namespace mlacheck::amd {
namespace {

// Moves `bytes` bytes between `raw` and memory.
template <bool Loads>
void move(void* memory, u8* raw, unsigned bytes) {
  if constexpr (Loads) {
    std::memcpy(raw, memory, bytes);
  } else {
    std::memcpy(memory, raw, bytes);
  }
}

constexpr const char* name_of_access(bool loads) { return loads ? "load" : "store"; }

// Scratch is interleaved by dwords. An element that straddles two of them is moved byte by byte.
template <bool Loads>
void move_scratch(const Wave& wave, const Operation& operation, i64 offset, unsigned lane,
                  u8* raw) {
  const unsigned bytes = operation.element.bytes;
  if (offset % 4 == 0 || (offset % 4 + bytes <= 4)) {
    for (unsigned at = 0; at < bytes; at += 4) {
      const unsigned part = std::min(bytes - at, 4U);
      move<Loads>(scratch_memory(wave, operation, offset + at, part, lane), raw + at, part);
    }
    return;
  }
  for (unsigned at = 0; at < bytes; ++at) {
    move<Loads>(scratch_memory(wave, operation, offset + at, 1, lane), raw + at, 1);
  }
}

template <bool Loads>
void move_flat(const Wave& wave, const Operation& operation, unsigned lane, u8* raw) {
  const u64 address = global_address(wave, operation, lane);
  const unsigned bytes = operation.element.bytes;
  if (address >> 32 == kSharedAperture >> 32) {
    move<Loads>(lds_memory(wave, operation, low_word(address), bytes, lane, name_of_access(Loads)),
                raw, bytes);
  } else if (address >> 32 == kPrivateAperture >> 32) {
    move_scratch<Loads>(wave, operation, low_word(address), lane, raw);
  } else {
    move<Loads>(global_memory(wave, operation, address, bytes, name_of_access(Loads), lane), raw,
                bytes);
  }
}

// Loads past the last record give 0, stores there are dropped; each dword counts for itself.
template <bool Loads>
void move_raw_buffer(const Wave& wave, const Operation& operation, const Buffer& buffer, i64 offset,
                     unsigned lane, u8* raw) {
  const unsigned bytes = operation.element.bytes;
  for (unsigned at = 0; at < bytes; at += 4) {
    const unsigned part = std::min(bytes - at, 4U);
    if (offset + at + part > i64{buffer.records}) {
      if constexpr (Loads) std::memset(raw + at, 0, part);
      continue;
    }
    const u64 address = buffer.base + static_cast<u64>(offset) + at;
    move<Loads>(global_memory(wave, operation, address, part, name_of_access(Loads), lane),
                raw + at, part);
  }
}

// The buffer of scratch begins where the wave's scratch does; anything else is a descriptor that the
// kernel has changed.
void check_scratch_buffer(const Wave& wave, const Operation& operation, const Buffer& buffer) {
  if (buffer.base == wave.scratch) return;
  fail(wave, operation, Fault::Kind::scratch,
       "the scratch buffer begins at " + hexadecimal(buffer.base) + ", the wave's scratch at " +
           hexadecimal(wave.scratch));
}

// All lanes of this half in one allocation, as they nearly always are; false if not, or if each lane is
// to go by itself.
bool addresses_of(const Wave& wave, const Operation& operation, unsigned half, u32 mask,
                  HostAddresses& at) {
  // Who watches counts each access.
  if (wave.block->allocations->watch() != nullptr) return false;
  const unsigned first = half * kHalf;
  const Source& address = operation.source[kAddress];
  const Source& base = operation.source[kBase];
  u64 constant = static_cast<u64>(operation.offset);
  if (base.type != Type::none)
    constant += joined(wave.scalar[base.index], wave.scalar[base.index + 1U]);
  at.fill(constant);
  if (address.type != Type::none) {
    const u32* const low = &wave.vector[address.index][first];
    for (unsigned i = 0; i < kHalf; ++i) at[i] += low[i];
  }
  if (address.type == Type::uint64) {
    const u32* const high = &wave.vector[address.index + 1U][first];
    for (unsigned i = 0; i < kHalf; ++i) at[i] += u64{high[i]} << 32;
  }
  const u64 some = at[static_cast<unsigned>(std::countr_zero(mask))];
  const Allocations::Range* const range = wave.block->allocations->find(some);
  const u64 bytes = operation.element.bytes;
  if (range == nullptr || range->end - range->begin < bytes) return false;
  const u64 room = range->end - range->begin - bytes;
  u64 bad = 0;
  for (unsigned i = 0; i < kHalf; ++i) {
    const u64 off = ((mask >> i) & 1U) - u64{1};  // all bits for a lane that is not enabled
    at[i] = (at[i] & ~off) | (some & off);
    bad |= at[i] - range->begin > room ? 1U : 0U;
  }
  return bad == 0;
}

template <bool Loads>
void move_half(Wave& wave, const Operation& operation, unsigned half, u32 mask,
               const HostAddresses& at) {
  if constexpr (Loads) {
    load_half(wave, operation.element, operation.target, half, mask, at);
  } else {
    store_half(wave, operation.element, operation.source[kData].index, half, mask, at);
  }
}

// Dwords at one offset for all lanes lie side by side.
template <bool Loads>
void move_scratch_words(Wave& wave, const Operation& operation, i64 offset) {
  const u64 lanes = wave.wave64 ? 64 : 32;
  const unsigned data = Loads ? operation.target : operation.source[kData].index;
  for (unsigned w = 0; w < words_of(operation.element); ++w) {
    u32* const row =
        reinterpret_cast<u32*>(scratch_memory(wave, operation, offset + 4 * i64{w}, 4, 0));
    for (unsigned half = 0; half < lanes / kHalf; ++half) {
      const u32 mask = enabled(wave, half);
      if (mask == 0) continue;
      u32* const memory = row + half * kHalf;
      if constexpr (Loads) {
        write_word(wave, data + w, half, mask, memory);
      } else {
        const u32* const from = &wave.vector[data + w][half * kHalf];
        for (unsigned i = 0; i < kHalf; ++i) {
          const u32 keep = ((mask >> i) & 1U) - 1U;
          memory[i] = (memory[i] & keep) | (from[i] & ~keep);
        }
      }
    }
  }
}

// The whole wave at once where that is possible; false if each lane has to be looked at.
template <Space S, bool Loads>
bool moved_together(Wave& wave, const Operation& operation, const Buffer& buffer) {
  if constexpr (S == Space::global || S == Space::flat) {
    // Both halves before the first result, which may overwrite addresses.
    std::array<HostAddresses, 2> at;
    for (unsigned half = 0; half < 2; ++half) {
      const u32 mask = enabled(wave, half);
      if (mask != 0 && !addresses_of(wave, operation, half, mask, at[half])) return false;
    }
    for (unsigned half = 0; half < 2; ++half) {
      const u32 mask = enabled(wave, half);
      if (mask != 0) move_half<Loads>(wave, operation, half, mask, at[half]);
    }
    return true;
  }
  if constexpr (S == Space::buffer) {
    if (!buffer.swizzled || operation.source[kAddress].type != Type::none) return false;
    if (operation.element.bytes < 4 || wave.exec() == 0) return false;
    const i64 offset = buffer_offset(wave, operation, buffer, 0);
    if (offset % 4 != 0) return false;
    move_scratch_words<Loads>(wave, operation, offset);
    return true;
  }
  return false;
}

template <Space S, bool Loads>
void run_access(Wave& wave, const Operation& operation) {
  Buffer buffer;
  if constexpr (S == Space::buffer) {
    buffer = buffer_of(wave, operation);
    if (buffer.swizzled) check_scratch_buffer(wave, operation, buffer);
  }
  if (moved_together<S, Loads>(wave, operation, buffer)) return;
  each_lane(wave.exec(), [&](unsigned lane) {
    Words raw{};
    if constexpr (!Loads)
      raw = take_element(wave, operation.element, operation.source[kData].index, lane);
    u8* const bytes = reinterpret_cast<u8*>(raw.data());
    if constexpr (S == Space::global) {
      void* const memory = global_memory(wave, operation, global_address(wave, operation, lane),
                                         operation.element.bytes, name_of_access(Loads), lane);
      move<Loads>(memory, bytes, operation.element.bytes);
    } else if constexpr (S == Space::flat) {
      move_flat<Loads>(wave, operation, lane, bytes);
    } else if constexpr (S == Space::scratch) {
      move_scratch<Loads>(wave, operation, scratch_offset(wave, operation, lane), lane, bytes);
    } else {
      const i64 offset = buffer_offset(wave, operation, buffer, lane);
      if (buffer.swizzled) {
        move_scratch<Loads>(wave, operation, offset, lane, bytes);
      } else {
        move_raw_buffer<Loads>(wave, operation, buffer, offset, lane, bytes);
      }
    }
    if constexpr (Loads) put_element(wave, operation.element, operation.target, lane, raw);
  });
}

void expect_width(const Binding& binding, std::size_t operand) {
  if (binding.operand(operand).count != words_of(binding.entry.element)) {
    throw Unknown{"operand '" + binding.operand(operand).text + "' has another width"};
  }
}

// Loads: target, address, base. Stores: address, data, base; of buffers data, address, base.
template <Space S, bool Loads>
void bind_access(const Binding& binding) {
  if (S == Space::buffer && Loads && binding.instruction.modifier("lds") != nullptr) {
    return bind_lds_load(binding);
  }
  Operation& operation = binding.operation;
  operation.element = binding.entry.element;
  std::size_t next = 0;
  const auto data = [&] {
    expect_width(binding, next);
    operation.source[kData].kind = Source::Kind::vector;
    operation.source[kData].index = binding.vector_target(next++);
  };
  if (Loads) {
    expect_width(binding, next);
    operation.target = binding.vector_target(next++);
  } else if (S == Space::buffer) {
    data();
  }
  next = bind_address(binding, S, next);
  if (!Loads && S != Space::buffer) data();
  next = bind_base(binding, S, next);
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
  bind_offset(binding, S);
}

struct Named {
  const char* suffix;
  Element element;
};

template <Space S>
void add_space(Table& table, const std::string& prefix) {
  using Part = Element::Part;
  constexpr auto loads = std::to_array<Named>({
      {"ubyte", {1, false, Part::whole}},
      {"sbyte", {1, true, Part::whole}},
      {"ushort", {2, false, Part::whole}},
      {"sshort", {2, true, Part::whole}},
      {"ubyte_d16", {1, false, Part::low}},
      {"ubyte_d16_hi", {1, false, Part::high}},
      {"sbyte_d16", {1, true, Part::low}},
      {"sbyte_d16_hi", {1, true, Part::high}},
      {"short_d16", {2, false, Part::low}},
      {"short_d16_hi", {2, false, Part::high}},
      {"dword", {4, false, Part::whole}},
      {"dwordx2", {8, false, Part::whole}},
      {"dwordx3", {12, false, Part::whole}},
      {"dwordx4", {16, false, Part::whole}},
  });
  constexpr auto stores = std::to_array<Named>({
      {"byte", {1, false, Part::whole}},
      {"byte_d16_hi", {1, false, Part::high}},
      {"short", {2, false, Part::whole}},
      {"short_d16_hi", {2, false, Part::high}},
      {"dword", {4, false, Part::whole}},
      {"dwordx2", {8, false, Part::whole}},
      {"dwordx3", {12, false, Part::whole}},
      {"dwordx4", {16, false, Part::whole}},
  });
  for (const Named& load : loads) {
    Entry entry;
    entry.run = &run_access<S, true>;
    entry.bind = &bind_access<S, true>;
    entry.element = load.element;
    table.add(prefix + "_load_" + load.suffix, entry);
  }
  for (const Named& store : stores) {
    Entry entry;
    entry.run = &run_access<S, false>;
    entry.bind = &bind_access<S, false>;
    entry.element = store.element;
    table.add(prefix + "_store_" + store.suffix, entry);
  }
}

}  // namespace

void add_memory_accesses(Table& table) {
  add_space<Space::flat>(table, "flat");
  add_space<Space::global>(table, "global");
  add_space<Space::scratch>(table, "scratch");
  add_space<Space::buffer>(table, "buffer");
}

}  // namespace mlacheck::amd
