#include "harness/amd/block/run_wave.hpp"

#include <algorithm>

#include "harness/amd/monitor/monitor.hpp"
#include "harness/amd/wave/clock.hpp"

namespace mlacheck::amd {
namespace {

// What registers hold before anybody writes them: a NaN in every format, a huge integer.
constexpr u32 kPoison = 0xffff'a5a5;

}  // namespace

void start_wave(Wave& wave, const WaveStart& from, const Kernel& kernel) {
  // Kernel::vgprs counts accumulation registers, which begin at 256 here.
  const unsigned vectors = std::min(256U, kernel.vgprs);
  for (unsigned r = 0; r < vectors; ++r) wave.vector[r].fill(kPoison);
  if (kernel.accum_offset != 0 && kernel.vgprs > kernel.accum_offset) {
    for (unsigned r = 0; r < kernel.vgprs - kernel.accum_offset; ++r)
      wave.vector[256 + r].fill(kPoison);
  }
  for (std::size_t r = 0; r < from.vgprs.size(); ++r) {
    std::copy(from.vgprs[r].begin(), from.vgprs[r].end(), wave.vector.at(r).begin());
  }
  wave.scalar.fill(kPoison);
  std::copy(from.sgprs.begin(), from.sgprs.end(), wave.scalar.begin());
  wave.scalar[ScalarRegister::kExec] = low_word(from.exec);
  wave.scalar[ScalarRegister::kExec + 1] = high_word(from.exec);
  wave.scalar[ScalarRegister::kScc] = 0;
  wave.pc = kernel.entry;
  wave.state = Wave::State::running;
  wave.wave64 = kernel.wave_size == 64;
  wave.target = kernel.target;
  // COMPUTE_PGM_RSRC1: rounding in bits 12-15, denormals in bits 16-19.
  wave.mode = kernel.rsrc1 >> 12 & 0xffU;
  wave.special_mode = wave.mode != 0xf0U;
  wave.scalar[kClock] = 0;
  wave.in_mode = false;
  wave.scratch_shift = 0;
}

void run_step(Wave& wave, Program& program) {
  const Operation& operation = program.at(wave.pc);
  wave.pc += operation.bytes;
  operation.run(wave, operation);
}

u64 run_to_barrier(Wave& wave, Program& program, Monitor* monitor) {
  u64 count = 0;
  if (monitor != nullptr) [[unlikely]] {
    for (; wave.state == Wave::State::running; ++count) monitor->step(wave, program);
    return count;
  }
  for (; wave.state == Wave::State::running; ++count) run_step(wave, program);
  return count;
}

}  // namespace mlacheck::amd
