// buffer_load_dword ... lds: lane l's dword goes to LDS at M0[15:0] + offset + 4 l. The instruction's offset
// counts for both addresses. Of gfx950's loads of n dwords, lane l's go to M0[17:0] + offset + 4 n l.
#include "harness/amd/global/lds_loads.hpp"

#include "harness/amd/global/access.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/each_lane.hpp"

namespace mlacheck::amd {
namespace {

void run_lds_load(Wave& wave, const Operation& operation) {
  const Buffer buffer = buffer_of(wave, operation);
  const i64 first = lds_target(wave, operation);
  const unsigned bytes = operation.element.bytes;
  each_lane(wave.exec(), [&](unsigned lane) {
    const i64 offset = buffer_offset(wave, operation, buffer, lane);
    for (unsigned at = 0; at < bytes; at += 4) {
      u32 word = 0;  // of a load past the last record
      if (offset + at + 4 <= i64{buffer.records}) {
        const u64 address = buffer.base + static_cast<u64>(offset) + at;
        std::memcpy(&word, global_memory(wave, operation, address, 4, "load", lane), 4);
      }
      const i64 to = first + i64{bytes} * lane + at;
      std::memcpy(lds_memory(wave, operation, to, 4, lane, "write"), &word, 4);
    }
  });
}

}  // namespace

void bind_lds_load(const Binding& binding) {
  const unsigned bytes = binding.entry.element.bytes;
  const bool wide = binding.target == Target::gfx950 && (bytes == 12 || bytes == 16);
  if (bytes != 4 && !wide) throw Unknown{"loads to LDS are understood for dwords"};
  Operation& operation = binding.operation;
  operation.element.bytes = static_cast<u8>(bytes);
  operation.run = &run_lds_load;
  const std::size_t next =
      bind_base(binding, Space::buffer, bind_address(binding, Space::buffer, 0));
  if (next != binding.instruction.operands.size()) throw Unknown{"it has too many operands"};
  bind_offset(binding, Space::buffer);
}

}  // namespace mlacheck::amd
