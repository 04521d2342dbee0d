// The state of one wave, and what it shares with its block.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "harness/amd/kernel.hpp"
#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/wave/operation.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

inline constexpr unsigned kLanes = 64;
inline constexpr unsigned kHalf = 32;  ///< handlers go through a wave in halves

/// Where generic addresses of LDS and of scratch begin: no address of the host has bit 48 or 49 set.
inline constexpr u64 kSharedAperture = u64{1} << 48;
inline constexpr u64 kPrivateAperture = u64{2} << 48;

/// What the waves of a block share.
struct BlockState {
  const Kernel* kernel = nullptr;
  const Allocations* allocations = nullptr;
  std::array<u32, 3> block{};
  u32 first_wave = 0;  ///< number of the block's first wave in the launch
  std::vector<u8> lds;
  std::vector<u8> lds_written;  ///< a byte for each of LDS, and a word: 0xff once it was written
};

struct Wave {
  enum class State : u8 { running, at_barrier, ended };

  /// v0 to v255, a0 to a255: [register][lane].
  alignas(64) std::array<std::array<u32, kLanes>, 512> vector;
  /// Sources of a DPP instruction, moved between lanes: [word][lane].
  alignas(64) std::array<std::array<u32, kLanes>, 2> permuted;
  /// By the numbers of ScalarRegister; also what kNoScalar names.
  std::array<u32, 256> scalar;

  u64 pc = 0;  ///< of the next instruction
  State state = State::running;
  bool wave64 = true;
  Target target = Target::gfx90a;
  unsigned number = 0;  ///< in the block
  BlockState* block = nullptr;
  u64 scratch = 0;        ///< begin of the wave's scratch
  i64 scratch_shift = 0;  ///< from there to where its contents are: a twin has its own
  /// The MODE register: rounding in bits 0-3, denormals in bits 4-7, as AMDGPUUsage names them.
  u32 mode = 0xf0;
  bool special_mode = false;  ///< not round to nearest even with denormals kept
  bool in_mode = false;       ///< the processor has been set to `mode`

  u64 mask(unsigned index) const {
    return wave64 ? joined(scalar[index], scalar[index + 1]) : scalar[index];
  }
  void set_mask(unsigned index, u64 value) {
    scalar[index] = low_word(value);
    if (wave64) scalar[index + 1] = high_word(value);
  }
  u64 exec() const {
    return joined(scalar[ScalarRegister::kExec], scalar[ScalarRegister::kExec + 1]);
  }
  bool scc() const { return scalar[ScalarRegister::kScc] != 0; }
  void set_scc(bool value) { scalar[ScalarRegister::kScc] = value ? 1 : 0; }
};

}  // namespace mlacheck::amd
