// Blocks of a few assembled instructions, run under a monitor's checks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/amd/checks.hpp"
#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd::test {

/// v0 is the lane's number in the block, s[0:1] the address of `memory`, s2 the wave's number, s3 the block's,
/// s[4:7] the buffer of scratch. Nothing else is defined.
class CheckedLaunch {
 public:
  explicit CheckedLaunch(Target target = Target::gfx90a) : target_(target) {}

  /// The text of what the checks found, with "; " between instructions; empty if nothing was found.
  std::string run(const std::string& code, const Checks& checks, unsigned waves = 1,
                  unsigned blocks = 1);

  /// The same of code that ends with s_endpgm.
  std::string run_bytes(const std::vector<u8>& code, const Checks& checks, unsigned waves = 1);

  std::vector<u32>& memory() { return memory_; }

 private:
  std::string run_code(const Checks& checks, unsigned waves, unsigned blocks);
  std::optional<Fault> run_blocks(const Kernel& kernel, const Checks& checks, unsigned waves,
                                  unsigned blocks);

  static constexpr u32 kScratchBytes = 16;  // of a lane
  static constexpr u32 kLdsBytes = 1024;

  Target target_;
  std::vector<u8> code_;
  std::vector<u32> memory_ = std::vector<u32>(4096, 0);
};

}  // namespace mlacheck::amd::test
