// Wait states between two instructions that software has to provide, by s_nop or by others in between.
//
// Which pairs, and how many wait states: AMD's ISA guides for CDNA 2 and CDNA 3, "Manually Inserted Wait
// States", and LLVM's GCNHazardRecognizer.cpp, which holds the same numbers. gfx1030 needs none of them.
#pragma once

#include <array>

#include "harness/amd/monitor/effects.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

class Hazards {
 public:
  explicit Hazards(Target target) : target_(target) {}
  void begin_wave();

  /// Before the instruction runs. Throws Failure where wait states are missing.
  void step(const Wave& wave, const Operation& operation, const Effects& effects);

 private:
  /// When and by what something was done last; wait states are counted from 1 on.
  struct Last {
    u64 when = 0;  ///< 0: never, or long ago
    const Instruction* by = nullptr;
  };
  /// A matrix product that reads or writes a register.
  struct Product {
    u64 when = 0;
    const Instruction* by = nullptr;
    unsigned passes = 0;
    bool single = false;        ///< of fp32 operands, which is not on the XDL unit
    unsigned first_target = 0;  ///< its result begins there
  };
  struct Need {
    u64 states = 0;
    const char* why = "";
  };

  bool gfx940() const { return target_ == Target::gfx942 || target_ == Target::gfx950; }
  void expect(const Wave& wave, const Operation& operation, u64 when, const Instruction* by,
              Need need, const std::string& what) const;
  void check_vector_read(const Wave& wave, const Operation& operation, const Effects& effects,
                         const Registers& registers, std::size_t operand) const;
  void check_scalar_read(const Wave& wave, const Operation& operation, const Effects& effects,
                         const Registers& registers) const;
  void check_vector_write(const Wave& wave, const Operation& operation, const Effects& effects,
                          const Registers& registers) const;
  void check_lanes(const Wave& wave, const Operation& operation, const Effects& effects) const;
  u64 after_product(const Product& product) const;
  void note(const Operation& operation, const Effects& effects);

  Target target_;
  u64 now_ = 0;
  std::array<Last, 512> by_vector_{};  // VALU wrote the vector register
  std::array<Last, 512> by_transcendental_{};
  std::array<Last, 512> by_part_{};     // VALU wrote a part of it
  std::array<Last, 512> wide_store_{};  // a store of more than 64 bits takes its data from it
  std::array<Product, 512> product_{};  // MFMA wrote it
  std::array<Product, 512> addend_{};   // MFMA read it as C
  std::array<Last, 256> scalar_{};      // VALU wrote the scalar register
  Last m0_{};                           // SALU wrote M0
};

}  // namespace mlacheck::amd
