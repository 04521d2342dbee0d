// buffer_load_dword ... lds: lane l's dword goes to LDS at M0[15:0] + offset + 4 l. The instruction's offset
// counts for both addresses.
#include "harness/amd/global/lds_loads.hpp"

#include "harness/amd/global/access.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/each_lane.hpp"

namespace mlacheck::amd {
namespace {

void run_lds_load(Wave& wave, const Operation& operation) {
  const Buffer buffer = buffer_of(wave, operation);
  const i64 first = i64{wave.scalar[ScalarRegister::kM0] & 0xffffU} + operation.offset;
  each_lane(wave.exec(), [&](unsigned lane) {
    const i64 offset = buffer_offset(wave, operation, buffer, lane);
    u32 word = 0;  // of a load past the last record
    if (offset + 4 <= i64{buffer.records}) {
      std::memcpy(
          &word,
          global_memory(wave, operation, buffer.base + static_cast<u64>(offset), 4, "load", lane),
          4);
    }
    std::memcpy(lds_memory(wave, operation, first + 4 * i64{lane}, 4, lane, "write"), &word, 4);
  });
}

}  // namespace

void bind_lds_load(const Binding& binding) {
  if (binding.entry.element.bytes != 4) throw Unknown{"loads to LDS are understood for dwords"};
  Operation& operation = binding.operation;
  operation.run = &run_lds_load;
  const std::size_t next =
      bind_base(binding, Space::buffer, bind_address(binding, Space::buffer, 0));
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
  bind_offset(binding, Space::buffer);
}

}  // namespace mlacheck::amd
