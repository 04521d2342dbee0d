// ds_read and ds_write of every width, single and in pairs.
#include "harness/amd/global/access.hpp"
#include "harness/amd/lds/families.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/element.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

// Source 0 is the address, which wraps at 32 bits.
u32 address_of(const Wave& wave, const Operation& operation, unsigned lane, i64 offset) {
  return wave.vector[operation.source[0].index][lane] + static_cast<u32>(offset);
}

void check_alignment(const Wave& wave, const Operation& operation, u32 address, unsigned lane) {
  const unsigned bytes = operation.element.bytes;
  if (bytes < 12 || address % 16 == 0) return;
  fail(wave, operation, Fault::Kind::alignment,
       "LDS access of " + std::to_string(8 * bytes) + " bits at " + std::to_string(address) +
           ", which is not a multiple of 16",
       lane);
}

void run_read(Wave& wave, const Operation& operation) {
  const unsigned bytes = operation.element.bytes;
  each_lane(wave.exec(), [&](unsigned lane) {
    const u32 address = address_of(wave, operation, lane, operation.offset);
    check_alignment(wave, operation, address, lane);
    Words raw{};
    std::memcpy(raw.data(), lds_memory(wave, operation, address, bytes, lane, "read"), bytes);
    put_element(wave, operation.element, operation.target, lane, raw);
  });
}

void run_write(Wave& wave, const Operation& operation) {
  const unsigned bytes = operation.element.bytes;
  each_lane(wave.exec(), [&](unsigned lane) {
    const u32 address = address_of(wave, operation, lane, operation.offset);
    check_alignment(wave, operation, address, lane);
    const Words raw = take_element(wave, operation.element, operation.source[1].index, lane);
    std::memcpy(lds_memory(wave, operation, address, bytes, lane, "write"), raw.data(), bytes);
  });
}

void run_read_pair(Wave& wave, const Operation& operation) {
  const unsigned bytes = operation.element.bytes;
  const unsigned words = words_of(operation.element);
  each_lane(wave.exec(), [&](unsigned lane) {
    Words first{};
    Words second{};
    const u32 address = address_of(wave, operation, lane, operation.offset);
    const u32 address1 = address_of(wave, operation, lane, operation.offset1);
    std::memcpy(first.data(), lds_memory(wave, operation, address, bytes, lane, "read"), bytes);
    std::memcpy(second.data(), lds_memory(wave, operation, address1, bytes, lane, "read"), bytes);
    put_element(wave, operation.element, operation.target, lane, first);
    put_element(wave, operation.element, operation.target + words, lane, second);
  });
}

void run_write_pair(Wave& wave, const Operation& operation) {
  const unsigned bytes = operation.element.bytes;
  each_lane(wave.exec(), [&](unsigned lane) {
    const Words first = take_element(wave, operation.element, operation.source[1].index, lane);
    const Words second = take_element(wave, operation.element, operation.source[2].index, lane);
    const u32 address = address_of(wave, operation, lane, operation.offset);
    const u32 address1 = address_of(wave, operation, lane, operation.offset1);
    std::memcpy(lds_memory(wave, operation, address, bytes, lane, "write"), first.data(), bytes);
    std::memcpy(lds_memory(wave, operation, address1, bytes, lane, "write"), second.data(), bytes);
  });
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
