// The 64 bytes from which the hardware starts a kernel. Bits: LLVM's AMDGPUUsage, "Kernel Descriptor".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

inline constexpr std::size_t kDescriptorBytes = 64;

struct Descriptor {
  std::uint32_t group_segment_fixed_size = 0;
  std::uint32_t private_segment_fixed_size = 0;
  std::uint32_t kernarg_size = 0;
  std::int64_t kernel_code_entry_byte_offset = 0;  ///< from the descriptor's own address
  std::uint32_t compute_pgm_rsrc3 = 0;
  std::uint32_t compute_pgm_rsrc1 = 0;
  std::uint32_t compute_pgm_rsrc2 = 0;
  std::uint16_t kernel_code_properties = 0;
};

/// Throws CodeObjectError if there are fewer than 64 bytes.
Descriptor read_descriptor(std::span<const std::byte> bytes);

/// Kernel code properties.
namespace property {
inline constexpr unsigned kPrivateSegmentBuffer = 1U << 0;
inline constexpr unsigned kDispatchPtr = 1U << 1;
inline constexpr unsigned kQueuePtr = 1U << 2;
inline constexpr unsigned kKernargSegmentPtr = 1U << 3;
inline constexpr unsigned kDispatchId = 1U << 4;
inline constexpr unsigned kFlatScratchInit = 1U << 5;
inline constexpr unsigned kPrivateSegmentSize = 1U << 6;
inline constexpr unsigned kWavefrontSize32 = 1U << 10;
inline constexpr unsigned kUsesDynamicStack = 1U << 11;
}  // namespace property

/// Fields of COMPUTE_PGM_RSRC2.
namespace rsrc2 {
inline constexpr unsigned kPrivateSegment = 1U << 0;
constexpr unsigned user_sgprs(std::uint32_t bits) { return bits >> 1 & 0x1f; }
inline constexpr unsigned kWorkgroupId[] = {1U << 7, 1U << 8, 1U << 9};
inline constexpr unsigned kWorkgroupInfo = 1U << 10;
/// 0: the work-item's x, 1: x and y, 2: all three.
constexpr unsigned workitem_ids(std::uint32_t bits) { return bits >> 11 & 3; }
}  // namespace rsrc2

/// Whether the matrix unit's registers share a file with the vector registers, and the ids of a
/// work-item share one register: gfx90a and gfx940 and its relatives.
constexpr bool has_unified_registers(Target target) { return target != Target::gfx1030; }

/// Counts of registers, by target and wave size, from the granulated fields of the descriptor.
unsigned allocated_vgprs(Target target, unsigned wave_size, std::uint32_t rsrc1_bits);
unsigned allocated_sgprs(Target target, std::uint32_t rsrc1_bits);
unsigned accumulation_offset(Target target, std::uint32_t rsrc3_bits);

}  // namespace mlacheck::amd
