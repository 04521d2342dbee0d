// A wave that executes a few assembled instructions.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/amd/kernel.hpp"
#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd::test {

/// The bytes of each text, which is instructions separated by ';', followed by s_endpgm. One call of
/// llvm-mc for all. Throws std::runtime_error with its message.
std::vector<std::vector<u8>> encoded(Target target, const std::vector<std::string>& texts);

/// The bytes of instructions that are given by their words, followed by s_endpgm.
std::vector<u8> bytes_of(const std::vector<u32>& words);

class Machine {
 public:
  static constexpr u32 kLdsBytes = 4096;
  static constexpr u32 kMemoryBytes = 4096;
  static constexpr u32 kScratchBytes = 256;  ///< of a lane

  Machine(Target target, std::vector<u8> code);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// All lanes enabled; v0 to v31 and s0 to s63 hold junk that names register and lane; s[40:41] is the
  /// address of `memory`, s[44:47] the buffer of scratch, v[30:31] the address of `memory` as well.
  void reset();
  /// Runs to the end; what ended it early, if anything.
  std::optional<Fault> run();

  Wave& wave() { return *wave_; }
  unsigned lanes() const { return kernel_.wave_size; }
  std::vector<u8>& memory() { return memory_; }

 private:
  std::vector<u8> code_;
  Kernel kernel_;
  Allocations allocations_;
  BlockState block_;
  std::vector<u8> memory_;
  std::vector<u8> scratch_;
  std::unique_ptr<Wave> wave_;
};

}  // namespace mlacheck::amd::test
