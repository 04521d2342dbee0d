// LLVM's disassembler for AMD GPUs, from the shared library that clang brings along.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

class Disassembler {
 public:
  /// Throws std::runtime_error if no LLVM library that knows the target can be loaded.
  explicit Disassembler(Target target);
  ~Disassembler();
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;

  struct Line {
    std::string text;    ///< "v_add_f32_e32 v0, v1, v2"
    unsigned bytes = 0;  ///< of the instruction
  };

  /// The instruction at the beginning of `code`, which lies at address `pc`; nothing if LLVM knows none.
  std::optional<Line> at(std::span<const u8> code, u64 pc);

 private:
  struct Source;
  struct Library;
  static Source source_for(Target target);
  std::unique_ptr<Library> library_;
  Target target_;
  void* context_ = nullptr;
};

}  // namespace mlacheck::amd
