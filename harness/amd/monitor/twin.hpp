// Results that depend on what nobody wrote: registers, LDS and scratch.
//
// Each wave has a twin that holds other bits wherever the wave's bits are undefined, and the same bits
// elsewhere. So undefined bits are those in which the two differ, and an instruction that moves or selects
// bits is right for the twin without a rule of its own: it is executed for both. Instructions that compute
// could give equal results by chance, so there every bit of the result that may depend on an undefined one is
// made to differ. Moving undefined bits is allowed; what is reported is that they decide something: an
// address, a value stored to global memory, a branch, the lanes that are enabled.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/amd/monitor/effects.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

class Twins {
 public:
  /// The waves as they begin: what `start` gives is defined, LDS and scratch are not.
  void begin_block(const std::vector<std::unique_ptr<Wave>>& waves, const BlockStart& start);

  /// Before and after the wave executes the instruction. Both throw Failure.
  void before(const Wave& wave, const Operation& operation, const Effects& effects);
  void after(const Wave& wave, const Operation& operation, const Effects& effects);

 private:
  /// Bits of a result that are to differ, by lane and word.
  struct Forced {
    bool any = false;
    std::array<std::array<u32, kLanes>, 2> words{};
    u64 mask = 0;     ///< of a result that is a bit for each lane
    u32 scalar[2]{};  // NOLINT(modernize-avoid-c-arrays)
    bool scc = false;
  };

  void begin_wave(const Wave& wave, const WaveStart& start, const Kernel& kernel);
  void force_vector(const Wave& wave, const Wave& twin, const Operation& operation,
                    const Effects& effects);
  void force_scalar(const Wave& wave, const Wave& twin, const Operation& operation,
                    const Effects& effects);
  void apply_vector(const Wave& wave, Wave& twin, const Operation& operation) const;
  void apply_scalar(const Wave& wave, Wave& twin, const Operation& operation,
                    const Effects& effects) const;

  BlockState block_;
  Allocations unwatched_;
  std::vector<std::unique_ptr<Wave>> twins_;
  std::vector<u8> scratch_;
  Forced forced_;
  u64 pc_ = 0;    // as the instruction's handler finds it
  u64 exec_ = 0;  // before the instruction
};

}  // namespace mlacheck::amd
