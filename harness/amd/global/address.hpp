// The addresses of FLAT, GLOBAL, SCRATCH and MUBUF instructions.
#pragma once

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

enum class Space : u8 { flat, global, scratch, buffer };

/// Sources of an operation by what they are for.
inline constexpr std::size_t kAddress = 0;  ///< vector address, or none
inline constexpr std::size_t kData = 1;     ///< vector data of a store or an atomic
inline constexpr std::size_t kBase = 2;     ///< scalar base, or the buffer's descriptor
inline constexpr std::size_t kOffset = 3;   ///< scalar offset of a buffer access

/// Bits of Operation::flags.
inline constexpr u32 kReturns = 1;  ///< an atomic that gives back the value before
inline constexpr u32 kOffen = 2;
inline constexpr u32 kIdxen = 4;

/// The address of one lane; a source of type none counts as 0.
inline u64 global_address(const Wave& wave, const Operation& operation, unsigned lane) {
  const Source& address = operation.source[kAddress];
  const Source& base = operation.source[kBase];
  u64 sum = static_cast<u64>(operation.offset);
  if (address.type != Type::none) {
    sum += wave.vector[address.index][lane];
    if (address.type == Type::uint64) sum += u64{wave.vector[address.index + 1U][lane]} << 32;
  }
  if (base.type != Type::none) sum += joined(wave.scalar[base.index], wave.scalar[base.index + 1U]);
  return sum;
}

/// The offset of a lane within its scratch, for SCRATCH instructions.
inline i64 scratch_offset(const Wave& wave, const Operation& operation, unsigned lane) {
  const Source& address = operation.source[kAddress];
  const Source& base = operation.source[kBase];
  i64 sum = operation.offset;
  if (address.type != Type::none) sum += wave.vector[address.index][lane];
  if (base.type != Type::none) sum += wave.scalar[base.index];
  return sum;
}

/// A buffer's descriptor, as AMD's manuals lay it out.
struct Buffer {
  u64 base = 0;
  u32 stride = 0;
  bool swizzled = false;  ///< with the lane's number added: the buffer of scratch
  u32 records = 0;
};
Buffer buffer_of(const Wave& wave, const Operation& operation);

/// The offset of a lane within the buffer.
i64 buffer_offset(const Wave& wave, const Operation& operation, const Buffer& buffer,
                  unsigned lane);

/// Where a load to LDS puts lane 0's bytes: M0[15:0] + offset. gfx950 has 160 KiB of LDS, and objects of AMD
/// for it count past 64 KiB in M0: there M0[17:0].
inline u32 lds_target(const Wave& wave, const Operation& operation) {
  const u32 bits = wave.block->kernel->target == Target::gfx950 ? 0x3'ffffU : 0xffffU;
  return (wave.scalar[ScalarRegister::kM0] & bits) + static_cast<u32>(operation.offset);
}

/// Binds address, base and offset, which begin at this operand; returns the operand after them.
std::size_t bind_address(const Binding& binding, Space space, std::size_t first);
/// The same for what follows the data: base and offset.
std::size_t bind_base(const Binding& binding, Space space, std::size_t first);
/// The offset modifier and its company.
void bind_offset(const Binding& binding, Space space);

}  // namespace mlacheck::amd
