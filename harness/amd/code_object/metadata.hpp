// What a code object says of its kernels beside their descriptors: names, arguments, register counts.
// Keys: LLVM's AMDGPUUsage, "Code Object V3 Metadata" and its successors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

struct KernelMetadata {
  std::string name;
  std::string symbol;  ///< of the descriptor: the name and ".kd"
  std::uint32_t kernarg_bytes = 0;
  std::uint32_t wave_size = 0;
  std::uint32_t most_threads = 1024;  ///< of a block
  std::vector<Kernel::Argument> arguments;
};

/// The description of a note of type NT_AMDGPU_METADATA. Throws CodeObjectError.
std::vector<KernelMetadata> read_metadata(std::span<const std::byte> note);

}  // namespace mlacheck::amd
