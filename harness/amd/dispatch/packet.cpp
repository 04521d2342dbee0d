#include "harness/amd/dispatch/packet.hpp"

namespace mlacheck::amd {

DispatchPacket packet_of(const Launch& launch, std::uint64_t kernarg_address) {
  constexpr std::uint16_t kKernelDispatch = 2;  // HSA_PACKET_TYPE_KERNEL_DISPATCH
  DispatchPacket packet;
  packet.header = kKernelDispatch;
  for (unsigned i = 0; i < 3; ++i) {
    packet.workgroup_size[i] = static_cast<std::uint16_t>(launch.threads[i]);
    packet.grid_size[i] = launch.blocks[i] * launch.threads[i];
  }
  packet.private_segment_size = launch.kernel->scratch_bytes;
  packet.group_segment_size = launch.kernel->lds_bytes + launch.dynamic_lds;
  packet.kernarg_address = kernarg_address;
  return packet;
}

}  // namespace mlacheck::amd
