#include "harness/amd/dispatch/dispatch.hpp"

#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "harness/amd/block/block.hpp"
#include "harness/amd/dispatch/block_order.hpp"
#include "harness/amd/dispatch/packet.hpp"
#include "harness/amd/dispatch/registers.hpp"
#include "harness/amd/monitor/monitor.hpp"

namespace mlacheck::amd {
namespace {

// Bytes that a kernel may read while the launch runs.
class Segment {
 public:
  Segment(Allocations& allocations, std::span<const std::byte> contents)
      : allocations_(&allocations), bytes_((contents.size() / kAlignment + 1) * kAlignment) {
    memory_.reset(static_cast<std::byte*>(::operator new[](bytes_, kAlign)));
    std::memset(memory_.get(), 0, bytes_);
    std::memcpy(memory_.get(), contents.data(), contents.size());
    allocations_->add(address(), bytes_);
  }
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment() { allocations_->remove(address()); }

  std::uint64_t address() const { return reinterpret_cast<std::uint64_t>(memory_.get()); }

 private:
  // Of a kernarg segment; scalar loads of several dwords may read on to the next multiple.
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::align_val_t kAlign{kAlignment};
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete[](memory, kAlign); }
  };

  Allocations* allocations_;
  std::size_t bytes_;
  std::unique_ptr<std::byte[], Free> memory_;
};

std::optional<Fault> beyond_limits(const Launch& launch) {
  const auto fault = [&](const std::string& what) {
    return Fault{Fault::Kind::limits, "kernel " + launch.kernel->name + ": " + what};
  };
  std::uint64_t threads = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    const std::uint64_t extent = launch.threads[axis];
    if (extent == 0 || extent > kMostThreads) {
      return fault("block extent " + std::to_string(extent) + ": expected 1 to 1024");
    }
    threads *= extent;
    const std::uint64_t items = std::uint64_t{launch.blocks[axis]} * extent;
    if (items == 0 || items >> 32 != 0) {
      return fault("grid extent of " + std::to_string(items) +
                   " work-items: expected 1 to 4294967295");
    }
  }
  if (threads > kMostThreads) {
    return fault("block of " + std::to_string(threads) + " threads: expected at most 1024");
  }
  // The compiler leaves out barriers and registers that a larger block would need.
  if (threads > launch.kernel->most_threads) {
    return fault("block of " + std::to_string(threads) + " threads: expected at most the " +
                 std::to_string(launch.kernel->most_threads) +
                 " for which the kernel was compiled (max_flat_workgroup_size)");
  }
  const std::uint64_t lds = std::uint64_t{launch.kernel->lds_bytes} + launch.dynamic_lds;
  const std::uint32_t most = most_lds_bytes(launch.kernel->target);
  if (lds > most) {
    return fault("block with " + std::to_string(lds) + " bytes of LDS: expected at most " +
                 std::to_string(most));
  }
  return std::nullopt;
}

std::span<const std::byte> bytes_of(const DispatchPacket& packet) {
  return std::as_bytes(std::span(&packet, 1));
}

std::optional<Fault> run(const Launch& launch, Allocations& allocations,
                         std::optional<std::uint64_t> order_seed) {
  const Kernel& kernel = *launch.kernel;
  const unsigned waves = waves_of_block(launch);
  const Segment kernarg(allocations, launch.kernarg);
  const Segment packet(allocations, bytes_of(packet_of(launch, kernarg.address())));
  LaunchAddresses addresses;
  addresses.kernarg = kernarg.address();
  addresses.packet = packet.address();
  addresses.scratch_bytes = std::uint64_t{waves} * kernel.wave_size * kernel.scratch_bytes;
  // A resource's base has 48 bits, and the flat scratch registers want 256 bytes.
  std::unique_ptr<std::byte[]> scratch(new std::byte[addresses.scratch_bytes + 256]);
  addresses.scratch = (reinterpret_cast<std::uint64_t>(scratch.get()) + 255) / 256 * 256;

  BlockStart start;
  start.kernel = &kernel;
  start.lds_bytes = kernel.lds_bytes + launch.dynamic_lds;
  start.scratch_base = addresses.scratch;
  start.wave_order = launch.wave_order;
  std::optional<Monitor> monitor;
  if (launch.checks.any()) start.monitor = &monitor.emplace(kernel, launch.checks);
  for (unsigned wave = 0; wave < waves; ++wave) {
    start.waves.push_back({{}, initial_vgprs(launch, wave), initial_exec(launch, wave)});
  }
  const BlockOrder order = launch.chosen ? BlockOrder(launch.blocks, *launch.chosen)
                                         : BlockOrder(launch.blocks, order_seed);
  for (std::uint64_t turn = 0; turn < order.count(); ++turn) {
    start.block = order.at(turn);
    start.first_wave =
        ((start.block[2] * launch.blocks[1] + start.block[1]) * launch.blocks[0] + start.block[0]) *
        waves;
    for (unsigned wave = 0; wave < waves; ++wave) {
      start.waves[wave].sgprs = initial_sgprs(launch, addresses, start.block, wave);
    }
    if (auto fault = run_block(start, allocations)) return fault;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> dispatch(const Launch& launch, Allocations& allocations,
                              std::optional<std::uint64_t> order_seed) {
  if (auto fault = beyond_limits(launch)) return fault;
  try {
    return run(launch, allocations, order_seed);
  } catch (const std::exception& refused) {
    return Fault{Fault::Kind::limits, refused.what()};
  }
}

}  // namespace mlacheck::amd
