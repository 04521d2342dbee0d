// The decoded instructions of a text section, each decoded when it is first reached.
#pragma once

#include <deque>
#include <vector>

#include "harness/amd/decode/disassembler.hpp"
#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/operation.hpp"

namespace mlacheck::amd {

class Program {
 public:
  explicit Program(const Kernel& kernel);

  /// Throws Failure (a fault without a place) outside the section or for what cannot be executed.
  const Operation& at(u64 pc) {
    const u64 word = (pc - begin_) / 4;
    if (word >= operations_.size()) outside(pc);
    const Operation* const known = operations_[word];
    return known != nullptr ? *known : decode(pc);
  }

 private:
  const Operation& decode(u64 pc);
  [[noreturn]] void outside(u64 pc) const;

  Target target_;
  unsigned wave_size_;
  u64 begin_;
  std::vector<const Operation*> operations_;  // by word of the section
  std::deque<Operation> decoded_;             // in the order in which they were reached first
};

/// The program of the kernel's text section; it is kept until forget_program().
Program& program_of(const Kernel& kernel);
/// To be called before the image with this text section goes away.
void forget_program(u64 code_begin);

}  // namespace mlacheck::amd
