// What the parts of the interpreter share: a kernel of a loaded code object, the state that its waves
// start with, and what may end a launch early. Names of descriptor fields are those of LLVM's
// "User Guide for AMDGPU Backend", https://llvm.org/docs/AMDGPUUsage.html.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/amd/checks.hpp"

namespace mlacheck::amd {

class SourceLines;

enum class Target { gfx90a, gfx1030, gfx942, gfx950 };

/// "gfx90a"; and the other way, nothing for other names.
std::string_view name_of(Target target);
std::optional<Target> target_named(std::string_view name);

/// One kernel of a loaded code object. Addresses are the host's: the image stays mapped.
struct Kernel {
  struct Argument {
    std::string name;
    std::string kind;          ///< "by_value", "global_buffer", "hidden_..." of the metadata
    std::uint32_t offset = 0;  ///< in the kernarg segment, bytes
    std::uint32_t size = 0;    ///< bytes
  };

  std::string name;
  Target target = Target::gfx90a;
  unsigned wave_size = 64;  ///< 32 or 64 lanes
  std::uint64_t entry = 0;  ///< first instruction
  /// The text section that holds it.
  std::uint64_t code_begin = 0;
  std::uint64_t code_end = 0;
  std::uint32_t lds_bytes = 0;      ///< of a block, without dynamic LDS
  std::uint32_t scratch_bytes = 0;  ///< of a lane
  std::uint32_t kernarg_bytes = 0;
  std::uint32_t rsrc1 = 0;  ///< COMPUTE_PGM_RSRC1 to 3
  std::uint32_t rsrc2 = 0;
  std::uint32_t rsrc3 = 0;
  std::uint16_t properties = 0;  ///< kernel code properties
  unsigned vgprs = 0;            ///< allocated to a wave; on gfx90a with accumulation registers
  unsigned sgprs = 0;
  unsigned accum_offset = 0;  ///< first accumulation register in `vgprs`; 0 on targets without
  std::vector<Argument> arguments;
  std::uint32_t most_threads = 1024;  ///< of a block for which the code was compiled
  /// Null for code objects without a line table; an address of its file is the host's minus `image`.
  std::shared_ptr<const SourceLines> lines;
  std::uint64_t image = 0;
};

/// How the waves of a block take turns: each to its next barrier, from the first to the last or from the
/// last to the first; or one instruction of each, in ascending order.
enum class WaveOrder : std::uint8_t { ascending, descending, in_step };

/// One launch, as a queue would get it.
struct Launch {
  const Kernel* kernel = nullptr;
  std::array<std::uint32_t, 3> blocks{1, 1, 1};
  std::array<std::uint32_t, 3> threads{1, 1, 1};  ///< of a block
  std::uint32_t dynamic_lds = 0;                  ///< bytes
  std::span<const std::byte> kernarg;
  WaveOrder wave_order = WaveOrder::ascending;
  Checks checks = {};
  /// Numbers of the blocks that run, x fastest, in that order; nothing: all of the grid.
  std::optional<std::span<const std::uint64_t>> chosen = {};
};

/// What ended a launch early.
struct Fault {
  enum class Kind {
    unknown_instruction,  ///< the interpreter refuses; nothing is known of the kernel
    memory,               ///< an access outside any live allocation
    lds,                  ///< outside the block's LDS
    scratch,              ///< outside the lane's scratch
    barrier,              ///< part of a block waits where the rest has ended
    uninitialized,        ///< a read of a register, of LDS or scratch that nobody wrote
    alignment,
    wait,    ///< a register used before the s_waitcnt that its load needs
    hazard,  ///< fewer wait states between two instructions than the architecture demands
    race,    ///< two accesses that nothing orders
    limits,  ///< more LDS, threads or registers than the target has; an endless kernel
  };
  Kind kind = Kind::memory;
  /// Whole: instruction, kernel, pc (and source line where known), lane, address, what was expected.
  std::string text;
};

/// The registers that the hardware sets before a wave's first instruction.
struct WaveStart {
  std::vector<std::uint32_t> sgprs;               ///< s0 and on
  std::vector<std::vector<std::uint32_t>> vgprs;  ///< v0 and on: [register][lane]
  std::uint64_t exec = 0;
};

class Monitor;

/// One block. Wave w's scratch is the `scratch_bytes * wave_size` bytes from
/// `scratch_base + w * scratch_bytes * wave_size`, which is what its scratch wave offset says; they
/// hold whatever an earlier block left there.
struct BlockStart {
  const Kernel* kernel = nullptr;
  std::array<std::uint32_t, 3> block{};
  std::uint32_t lds_bytes = 0;  ///< static and dynamic
  std::uint64_t scratch_base = 0;
  std::uint32_t first_wave = 0;  ///< number of its first wave in the launch
  WaveOrder wave_order = WaveOrder::ascending;
  std::vector<WaveStart> waves;
  Monitor* monitor = nullptr;  ///< runs the instructions, under its checks; null: without any
};

}  // namespace mlacheck::amd
