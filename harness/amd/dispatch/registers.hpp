// The registers that the hardware sets before a wave's first instruction. Their order: LLVM's
// AMDGPUUsage, "Initial Kernel Execution State".
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

/// Addresses that a launch hands to its waves.
struct LaunchAddresses {
  std::uint64_t packet = 0;
  std::uint64_t kernarg = 0;
  std::uint64_t scratch = 0;        ///< of the block
  std::uint64_t scratch_bytes = 0;  ///< of the block
  std::uint64_t dispatch_id = 0;
};

/// The scalar registers of wave `wave` of a block. Throws std::invalid_argument for a kernel that
/// wants a queue, which there is none of.
std::vector<std::uint32_t> initial_sgprs(const Launch& launch, const LaunchAddresses& addresses,
                                         const std::array<std::uint32_t, 3>& block, unsigned wave);

/// The vector registers: the ids of the work-items of one wave, [register][lane]. Lanes past the
/// block's last work-item hold 0.
std::vector<std::vector<std::uint32_t>> initial_vgprs(const Launch& launch, unsigned wave);

/// A bit for each lane that has a work-item.
std::uint64_t initial_exec(const Launch& launch, unsigned wave);

unsigned waves_of_block(const Launch& launch);

}  // namespace mlacheck::amd
