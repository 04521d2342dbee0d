#include "harness/amd/monitor/monitor.hpp"

namespace mlacheck::amd {

Monitor::Monitor(const Kernel& kernel, const Checks& checks) : kernel_(&kernel), checks_(checks) {}

void Monitor::begin_block(const std::vector<std::unique_ptr<Wave>>& waves,
                          const BlockStart& start) {
  const std::size_t count = start.waves.size();
  if (checks_.waits) {
    waits_.resize(count, Waits(kernel_->target));
    for (Waits& one : waits_) one.begin_wave();
  }
  if (checks_.hazards) {
    hazards_.resize(count, Hazards(kernel_->target));
    for (Hazards& one : hazards_) one.begin_wave();
  }
  if (checks_.undefined) twins_.begin_block(waves, start);
  if (checks_.races) races_.begin_block(start);
}

void Monitor::barrier() {
  if (checks_.races) races_.barrier();
}

const Effects& Monitor::effects_for(const Operation& operation) {
  const auto found = effects_.find(&operation);
  if (found != effects_.end()) [[likely]]
    return found->second;
  return effects_.emplace(&operation, effects_of(operation, kernel_->wave_size)).first->second;
}

void Monitor::step(Wave& wave, Program& program) {
  const Operation& operation = program.at(wave.pc);
  const Effects& effects = effects_for(operation);
  wave.pc += operation.bytes;
  if (checks_.waits) {
    for (std::size_t i = 0; i < waits_.size(); ++i) {
      waits_[i].expect_landed(wave, operation, effects, i == wave.number);
    }
    waits_[wave.number].step(wave, operation, effects);
  }
  if (checks_.hazards) hazards_[wave.number].step(wave, operation, effects);
  if (checks_.undefined) twins_.before(wave, operation, effects);
  if (checks_.races) races_.step(wave, operation, effects);
  operation.run(wave, operation);
  if (checks_.undefined) twins_.after(wave, operation, effects);
}

}  // namespace mlacheck::amd
