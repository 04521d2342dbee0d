// SMEM: loads into scalar registers.
#include <array>
#include <cstring>

#include "harness/amd/global/access.hpp"
#include "harness/amd/scalar/families.hpp"
#include "harness/amd/scalar/operate.hpp"

namespace mlacheck::amd {
namespace {

void run_load(Wave& wave, const Operation& operation) {
  const u64 base = scalar64(wave, operation.source[0]);
  const u64 offset = scalar32(wave, operation.source[1]);
  // The two lowest bits of an address do not count.
  const u64 address = (base + offset + static_cast<u64>(operation.offset)) & ~u64{3};
  const u64 bytes = 4U * operation.count;
  const void* const from = global_memory(wave, operation, address, bytes, "load");
  std::array<u32, 16> words{};
  std::memcpy(words.data(), from, bytes);
  for (unsigned i = 0; i < operation.count; ++i) wave.scalar[operation.target + i] = words[i];
}

// Target, base, then a register or a number, or both: "s6 offset:0x10".
void bind_load(const Binding& binding) {
  expect_modifiers(binding, {"offset", "glc", "dlc"});
  Operation& operation = binding.operation;
  operation.target = binding.scalar_target(0);
  operation.count = binding.entry.count;
  if (binding.operand(0).count != operation.count) throw Unknown{"its target has another width"};
  binding.source(0, 1, Type::uint64);
  operation.offset = binding.instruction.number("offset");
  const Operand& offset = binding.operand(2);
  if (offset.kind == Operand::Kind::scalar) {
    binding.source(1, 2, Type::uint32);
  } else if (offset.kind == Operand::Kind::number) {
    operation.offset += offset.number;
  } else if (offset.kind != Operand::Kind::null) {
    throw Unknown{"offset '" + offset.text + "' is not understood"};
  }
}

}  // namespace

void add_scalar_loads(Table& table) {
  const auto add = [&table](const char* name, u8 words) {
    table.add(name, {&run_load, &bind_load, Type::none, {}, words});
  };
  add("s_load_dword", 1);
  add("s_load_dwordx2", 2);
  add("s_load_dwordx4", 4);
  add("s_load_dwordx8", 8);
  add("s_load_dwordx16", 16);
}

}  // namespace mlacheck::amd
