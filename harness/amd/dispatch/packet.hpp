// The packet by which a launch is queued, which kernels may read for the sizes of block and grid.
// Layout: HSA Platform System Architecture Specification 1.2, "Kernel dispatch packet".
#pragma once

#include <cstdint>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

struct DispatchPacket {
  std::uint16_t header = 0;
  std::uint16_t dimensions = 3;
  std::uint16_t workgroup_size[3] = {1, 1, 1};
  std::uint16_t reserved0 = 0;
  std::uint32_t grid_size[3] = {1, 1, 1};  ///< work-items
  std::uint32_t private_segment_size = 0;
  std::uint32_t group_segment_size = 0;
  std::uint64_t kernel_object = 0;
  std::uint64_t kernarg_address = 0;
  std::uint64_t reserved2 = 0;
  std::uint64_t completion_signal = 0;
};
static_assert(sizeof(DispatchPacket) == 64);

DispatchPacket packet_of(const Launch& launch, std::uint64_t kernarg_address);

}  // namespace mlacheck::amd
