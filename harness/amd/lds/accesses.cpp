// ds_read and ds_write of every width, single and in pairs. Any address will do for any width: the HSA
// environment runs kernels in unaligned access mode, and LLVM relies on it (it makes ds_read_b128 of
// addresses that are multiples of 2).
#include "harness/amd/global/access.hpp"
#include "harness/amd/lds/families.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/element.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/gather.hpp"

namespace mlacheck::amd {
namespace {

// Source 0 is the address, which wraps at 32 bits.
u32 address_of(const Wave& wave, const Operation& operation, unsigned lane, i64 offset) {
  return wave.vector[operation.source[0].index][lane] + static_cast<u32>(offset);
}

// The host's addresses of this half's lanes; false if one of them is bad.
bool addresses_of(const Wave& wave, const Operation& operation, unsigned half, u32 mask, i64 offset,
                  HostAddresses& at) {
  const std::vector<u8>& lds = wave.block->lds;
  const unsigned bytes = operation.element.bytes;
  if (lds.size() < bytes) return false;
  const u32 limit = static_cast<u32>(lds.size()) - bytes;
  const u32* const address = &wave.vector[operation.source[0].index][half * kHalf];
  const auto base = reinterpret_cast<u64>(lds.data());
  u32 bad = 0;
  for (unsigned i = 0; i < kHalf; ++i) {
    const u32 used = (0U - ((mask >> i) & 1U)) & (address[i] + static_cast<u32>(offset));
    bad |= used > limit ? 1U : 0U;
    at[i] = base + used;
  }
  return bad == 0;
}

// Names the lane whose address is bad.
[[noreturn]] void fail_access(const Wave& wave, const Operation& operation, i64 offset,
                              const char* what) {
  each_lane(wave.exec(), [&](unsigned lane) {
    const u32 address = address_of(wave, operation, lane, offset);
    lds_memory(wave, operation, address, operation.element.bytes, lane, what);
  });
  fail(wave, operation, Fault::Kind::lds, "LDS access");
}

// Where the shadow of this half's lanes lies: 0xff for each byte of LDS that was written.
u64 to_shadow(const Wave& wave) {
  return reinterpret_cast<u64>(wave.block->lds_written.data()) -
         reinterpret_cast<u64>(wave.block->lds.data());
}

void expect_written(const Wave& wave, const Operation& operation, u32 mask, unsigned half,
                    const HostAddresses& at) {
  const u64 shadow = to_shadow(wave);
  const unsigned bytes = operation.element.bytes;
  const u32 unread = bytes >= 4 ? 0U : ~0U << (8 * bytes);
  u32 missing = 0;
  for (unsigned i = 0; i < kHalf; ++i) {
    u32 written = gather::word_at<4>(at[i] + shadow) | unread;
    for (unsigned w = 1; w < words_of(operation.element); ++w) {
      written &= gather::word_at<4>(at[i] + shadow + 4 * w);
    }
    missing |= (written == ~0U ? 0U : 1U) << i;
  }
  missing &= mask;
  if (missing == 0) [[likely]]
    return;
  const auto first = static_cast<unsigned>(std::countr_zero(missing));
  const u64 address = at[first] - reinterpret_cast<u64>(wave.block->lds.data());
  fail(wave, operation, Fault::Kind::uninitialized,
       "LDS read of " + std::to_string(bytes) + " bytes at " + std::to_string(address) +
           ", not all of which the block has written",
       half * kHalf + first);
}

void mark_written(const Wave& wave, const Operation& operation, u32 mask, const HostAddresses& at) {
  const u64 shadow = to_shadow(wave);
  for (u32 rest = mask; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(rest));
    void* const to = reinterpret_cast<void*>(at[i] + shadow);  // NOLINT(performance-no-int-to-ptr)
    std::memset(to, 0xff, operation.element.bytes);
  }
}

template <bool Reads>
void move(Wave& wave, const Operation& operation, unsigned half, u32 mask, i64 offset,
          unsigned data) {
  HostAddresses at;
  if (!addresses_of(wave, operation, half, mask, offset, at)) [[unlikely]] {
    fail_access(wave, operation, offset, Reads ? "read" : "write");
  }
  if constexpr (Reads) {
    expect_written(wave, operation, mask, half, at);
    load_half(wave, operation.element, data, half, mask, at);
  } else {
    store_half(wave, operation.element, data, half, mask, at);
    mark_written(wave, operation, mask, at);
  }
}

void run_read(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask != 0) move<true>(wave, operation, half, mask, operation.offset, operation.target);
  }
}

void run_write(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask != 0)
      move<false>(wave, operation, half, mask, operation.offset, operation.source[1].index);
  }
}

// The target may hold the address, so both addresses come before the first result.
void run_read_pair(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    HostAddresses first;
    HostAddresses second;
    if (!addresses_of(wave, operation, half, mask, operation.offset, first)) {
      fail_access(wave, operation, operation.offset, "read");
    }
    if (!addresses_of(wave, operation, half, mask, operation.offset1, second)) {
      fail_access(wave, operation, operation.offset1, "read");
    }
    expect_written(wave, operation, mask, half, first);
    expect_written(wave, operation, mask, half, second);
    load_half(wave, operation.element, operation.target, half, mask, first);
    load_half(wave, operation.element, operation.target + words_of(operation.element), half, mask,
              second);
  }
}

void run_write_pair(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    move<false>(wave, operation, half, mask, operation.offset, operation.source[1].index);
    move<false>(wave, operation, half, mask, operation.offset1, operation.source[2].index);
  }
}

u16 register_of(const Binding& binding, std::size_t operand, unsigned words) {
  if (binding.operand(operand).count != words) {
    throw Unknown{"operand '" + binding.operand(operand).text + "' has another width"};
  }
  return binding.vector_target(operand);
}

// Target and address; or address and data, one or two.
void bind_access(const Binding& binding, bool reads, unsigned data, unsigned pairs) {
  Operation& operation = binding.operation;
  operation.element = binding.entry.element;
  const unsigned words = words_of(operation.element);
  std::size_t next = 0;
  if (reads) operation.target = register_of(binding, next++, words * pairs);
  binding.source(0, next++, Type::uint32);
  if (operation.source[0].kind != Source::Kind::vector)
    throw Unknown{"its address is no vector register"};
  for (unsigned i = 0; i < data; ++i) {
    operation.source.at(1 + i).index = register_of(binding, next++, words);
    operation.source.at(1 + i).kind = Source::Kind::vector;
  }
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
}

template <bool Reads>
void bind_single(const Binding& binding) {
  expect_modifiers(binding, {"offset"});
  bind_access(binding, Reads, Reads ? 0 : 1, 1);
  binding.operation.offset = binding.instruction.number("offset");
}

// Offsets count elements, or 64 elements.
template <bool Reads, unsigned Stride>
void bind_pair(const Binding& binding) {
  expect_modifiers(binding, {"offset0", "offset1"});
  bind_access(binding, Reads, Reads ? 0 : 2, 2);
  const i64 unit = i64{Stride} * binding.entry.element.bytes;
  binding.operation.offset = unit * binding.instruction.number("offset0");
  binding.operation.offset1 = unit * binding.instruction.number("offset1");
}

}  // namespace

void add_lds_accesses(Table& table) {
  const auto add = [&table](const char* name, bool reads, Element element) {
    Entry entry;
    entry.run = reads ? &run_read : &run_write;
    entry.bind = reads ? &bind_single<true> : &bind_single<false>;
    entry.element = element;
    table.add(name, entry);
  };
  using Part = Element::Part;
  add("ds_read_u8", true, {1, false, Part::whole});
  add("ds_read_i8", true, {1, true, Part::whole});
  add("ds_read_u16", true, {2, false, Part::whole});
  add("ds_read_i16", true, {2, true, Part::whole});
  add("ds_read_u8_d16", true, {1, false, Part::low});
  add("ds_read_i8_d16", true, {1, true, Part::low});
  add("ds_read_u16_d16", true, {2, false, Part::low});
  add("ds_read_u8_d16_hi", true, {1, false, Part::high});
  add("ds_read_i8_d16_hi", true, {1, true, Part::high});
  add("ds_read_u16_d16_hi", true, {2, false, Part::high});
  add("ds_read_b32", true, {4, false, Part::whole});
  add("ds_read_b64", true, {8, false, Part::whole});
  add("ds_read_b96", true, {12, false, Part::whole});
  add("ds_read_b128", true, {16, false, Part::whole});
  add("ds_write_b8", false, {1, false, Part::whole});
  add("ds_write_b16", false, {2, false, Part::whole});
  add("ds_write_b8_d16_hi", false, {1, false, Part::high});
  add("ds_write_b16_d16_hi", false, {2, false, Part::high});
  add("ds_write_b32", false, {4, false, Part::whole});
  add("ds_write_b64", false, {8, false, Part::whole});
  add("ds_write_b96", false, {12, false, Part::whole});
  add("ds_write_b128", false, {16, false, Part::whole});

  const auto add_pair = [&table](const char* name, Handler run, Bind bind, u8 bytes) {
    Entry entry;
    entry.run = run;
    entry.bind = bind;
    entry.element.bytes = bytes;
    table.add(name, entry);
  };
  add_pair("ds_read2_b32", &run_read_pair, &bind_pair<true, 1>, 4);
  add_pair("ds_read2_b64", &run_read_pair, &bind_pair<true, 1>, 8);
  add_pair("ds_read2st64_b32", &run_read_pair, &bind_pair<true, 64>, 4);
  add_pair("ds_read2st64_b64", &run_read_pair, &bind_pair<true, 64>, 8);
  add_pair("ds_write2_b32", &run_write_pair, &bind_pair<false, 1>, 4);
  add_pair("ds_write2_b64", &run_write_pair, &bind_pair<false, 1>, 8);
  add_pair("ds_write2st64_b32", &run_write_pair, &bind_pair<false, 64>, 4);
  add_pair("ds_write2st64_b64", &run_write_pair, &bind_pair<false, 64>, 8);
}

}  // namespace mlacheck::amd
