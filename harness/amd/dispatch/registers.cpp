#include "harness/amd/dispatch/registers.hpp"

#include <algorithm>
#include <stdexcept>

#include "harness/amd/code_object/descriptor.hpp"

namespace mlacheck::amd {
namespace {

std::uint32_t threads_of(const Launch& launch) {
  return launch.threads[0] * launch.threads[1] * launch.threads[2];
}

// A buffer resource whose accesses are swizzled by lane: dword i of all lanes lies side by side.
// Bits: "Vega" ISA, table "Buffer Resource Descriptor", and RDNA 2's.
std::array<std::uint32_t, 4> scratch_resource(const Kernel& kernel,
                                              const LaunchAddresses& addresses) {
  constexpr std::uint32_t kSwizzleEnable = 1U << 31;     // of the second word
  constexpr std::uint32_t kGfx9ElementSize4 = 1U << 19;  // of the fourth
  constexpr std::uint32_t kAddTidEnable = 1U << 23;
  const std::uint32_t index_stride = kernel.wave_size == 64 ? 3U << 21 : 2U << 21;
  // gfx9: data format 4 (32 bits) where swizzled; gfx10: format 20 (32 bits, unsigned), bounds by bytes.
  const std::uint32_t format = kernel.target == Target::gfx1030 ? 20U << 12 | 1U << 24 | 3U << 28
                                                                : 4U << 15 | kGfx9ElementSize4;
  return {static_cast<std::uint32_t>(addresses.scratch),
          static_cast<std::uint32_t>(addresses.scratch >> 32 & 0xffff) | kSwizzleEnable,
          static_cast<std::uint32_t>(addresses.scratch_bytes),
          format | kAddTidEnable | index_stride};
}

}  // namespace

std::vector<std::uint32_t> initial_sgprs(const Launch& launch, const LaunchAddresses& addresses,
                                         const std::array<std::uint32_t, 3>& block, unsigned wave) {
  const Kernel& kernel = *launch.kernel;
  std::vector<std::uint32_t> sgprs;
  const auto wants = [&](unsigned bit) { return (kernel.properties & bit) != 0; };
  const auto pair = [&](std::uint64_t value) {
    sgprs.push_back(static_cast<std::uint32_t>(value));
    sgprs.push_back(static_cast<std::uint32_t>(value >> 32));
  };
  if (wants(property::kPrivateSegmentBuffer)) {
    for (const std::uint32_t word : scratch_resource(kernel, addresses)) sgprs.push_back(word);
  }
  if (wants(property::kDispatchPtr)) pair(addresses.packet);
  if (wants(property::kQueuePtr)) {
    throw std::invalid_argument("kernel " + kernel.name +
                                ": wants the address of its queue, and the interpreter has none");
  }
  if (wants(property::kKernargSegmentPtr)) pair(addresses.kernarg);
  if (wants(property::kDispatchId)) pair(addresses.dispatch_id);
  if (wants(property::kFlatScratchInit)) pair(addresses.scratch);
  if (wants(property::kPrivateSegmentSize)) sgprs.push_back(kernel.scratch_bytes);
  // The field also counts registers that are to be skipped.
  sgprs.resize(std::max<std::size_t>(sgprs.size(), rsrc2::user_sgprs(kernel.rsrc2)));
  for (unsigned axis = 0; axis < 3; ++axis) {
    if ((kernel.rsrc2 & rsrc2::kWorkgroupId[axis]) != 0) sgprs.push_back(block[axis]);
  }
  if ((kernel.rsrc2 & rsrc2::kWorkgroupInfo) != 0) {
    // First wave of the block, and the number of its waves.
    sgprs.push_back((wave == 0 ? 1U << 31 : 0U) | (waves_of_block(launch) & 0x3f));
  }
  if ((kernel.rsrc2 & rsrc2::kPrivateSegment) != 0) {
    sgprs.push_back(wave * kernel.scratch_bytes * kernel.wave_size);
  }
  return sgprs;
}

std::vector<std::vector<std::uint32_t>> initial_vgprs(const Launch& launch, unsigned wave) {
  const Kernel& kernel = *launch.kernel;
  const bool packed = has_unified_registers(kernel.target);
  const unsigned ids = std::min(rsrc2::workitem_ids(kernel.rsrc2), 2U) + 1;
  std::vector<std::vector<std::uint32_t>> vgprs(packed ? 1 : ids,
                                                std::vector<std::uint32_t>(kernel.wave_size));
  const std::uint32_t threads = threads_of(launch);
  for (unsigned lane = 0; lane < kernel.wave_size; ++lane) {
    const std::uint32_t flat = wave * kernel.wave_size + lane;
    if (flat >= threads) break;
    const std::array<std::uint32_t, 3> id{flat % launch.threads[0],
                                          flat / launch.threads[0] % launch.threads[1],
                                          flat / launch.threads[0] / launch.threads[1]};
    if (packed) {
      vgprs[0][lane] = id[0] | id[1] << 10 | id[2] << 20;
    } else {
      for (unsigned axis = 0; axis < ids; ++axis) vgprs[axis][lane] = id[axis];
    }
  }
  return vgprs;
}

std::uint64_t initial_exec(const Launch& launch, unsigned wave) {
  const unsigned wave_size = launch.kernel->wave_size;
  const std::uint32_t left = threads_of(launch) - wave * wave_size;
  const unsigned lanes = std::min<std::uint32_t>(left, wave_size);
  return lanes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << lanes) - 1;
}

unsigned waves_of_block(const Launch& launch) {
  const unsigned wave_size = launch.kernel->wave_size;
  return (threads_of(launch) + wave_size - 1) / wave_size;
}

}  // namespace mlacheck::amd
