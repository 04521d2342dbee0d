// Runs waves under the checks that a launch asks for.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "harness/amd/checks.hpp"
#include "harness/amd/decode/program.hpp"
#include "harness/amd/kernel.hpp"
#include "harness/amd/monitor/hazards.hpp"
#include "harness/amd/monitor/races.hpp"
#include "harness/amd/monitor/twin.hpp"
#include "harness/amd/monitor/waits.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// One launch. Each wave is looked at by itself, but for races, which are the launch's.
class Monitor {
 public:
  Monitor(const Kernel& kernel, const Checks& checks);

  /// The block's waves have been set up as `start` says.
  void begin_block(const std::vector<std::unique_ptr<Wave>>& waves, const BlockStart& start);
  /// All waves of the block have met at a barrier, or have ended.
  void barrier();
  /// One instruction of one wave. Throws Failure, also for what a check finds.
  void step(Wave& wave, Program& program);

 private:
  const Effects& effects_for(const Operation& operation);

  const Kernel* kernel_;
  Checks checks_;
  std::unordered_map<const Operation*, Effects> effects_;
  std::vector<Waits> waits_;      // of each wave
  std::vector<Hazards> hazards_;  // of each wave
  Twins twins_;
  Races races_;
};

}  // namespace mlacheck::amd
