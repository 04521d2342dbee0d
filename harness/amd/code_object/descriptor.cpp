#include "harness/amd/code_object/descriptor.hpp"

#include "harness/amd/code_object/bytes.hpp"

namespace mlacheck::amd {

Descriptor read_descriptor(std::span<const std::byte> bytes) {
  constexpr const char* kWhat = "kernel descriptor";
  const auto whole = part_of(bytes, 0, kDescriptorBytes, kWhat);
  Descriptor read;
  read.group_segment_fixed_size = field<std::uint32_t>(whole, 0, kWhat);
  read.private_segment_fixed_size = field<std::uint32_t>(whole, 4, kWhat);
  read.kernarg_size = field<std::uint32_t>(whole, 8, kWhat);
  read.kernel_code_entry_byte_offset = field<std::int64_t>(whole, 16, kWhat);
  read.compute_pgm_rsrc3 = field<std::uint32_t>(whole, 44, kWhat);
  read.compute_pgm_rsrc1 = field<std::uint32_t>(whole, 48, kWhat);
  read.compute_pgm_rsrc2 = field<std::uint32_t>(whole, 52, kWhat);
  read.kernel_code_properties = field<std::uint16_t>(whole, 56, kWhat);
  return read;
}

unsigned allocated_vgprs(Target target, unsigned wave_size, std::uint32_t rsrc1_bits) {
  const unsigned granules = (rsrc1_bits & 0x3f) + 1;
  const unsigned granule = has_unified_registers(target) || wave_size == 32 ? 8 : 4;
  return granules * granule;
}

unsigned allocated_sgprs(Target target, std::uint32_t rsrc1_bits) {
  // gfx10 gives every wave all of them.
  if (target == Target::gfx1030) return 106;
  return ((rsrc1_bits >> 6 & 0xf) / 2 + 1) * 16;
}

unsigned accumulation_offset(Target target, std::uint32_t rsrc3_bits) {
  return has_unified_registers(target) ? ((rsrc3_bits & 0x3f) + 1) * 4 : 0;
}

}  // namespace mlacheck::amd
