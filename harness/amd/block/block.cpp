#include "harness/amd/block/block.hpp"

#include <immintrin.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/amd/block/run_wave.hpp"
#include "harness/amd/decode/program.hpp"
#include "harness/amd/monitor/monitor.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

u64 executed = 0;

// What LDS holds before anybody writes it: NaN in every format.
constexpr u8 kPoisonByte = 0xff;

// Registers are kept from block to block: a wave's are 128 KiB.
struct Pool {
  std::vector<std::unique_ptr<Wave>> waves;
  BlockState block;
};
Pool& pool() {
  static Pool one;
  return one;
}

std::string list_of(const std::vector<unsigned>& waves) {
  std::string text;
  for (const unsigned wave : waves) text += (text.empty() ? "" : ", ") + std::to_string(wave);
  return text;
}

// A barrier waits for the waves that have not ended, so the hardware would go on. A kernel that relies on
// that is not portable, and rarely meant.
std::optional<Fault> uneven_barrier(const std::vector<std::unique_ptr<Wave>>& waves,
                                    std::size_t count) {
  std::vector<unsigned> waiting;
  std::vector<unsigned> ended;
  for (std::size_t i = 0; i < count; ++i) {
    (waves[i]->state == Wave::State::ended ? ended : waiting).push_back(static_cast<unsigned>(i));
  }
  if (waiting.empty() || ended.empty()) return std::nullopt;
  const Wave& first = *waves[waiting[0]];
  return Fault{
      Fault::Kind::barrier,
      "waves " + list_of(waiting) + " wait at a barrier, waves " + list_of(ended) +
          " have ended, without which the hardware would go on: " + place_of(first, first.pc - 4)};
}

// One instruction of each wave in turn, until all wait or have ended.
void run_in_step(const std::vector<std::unique_ptr<Wave>>& waves, std::size_t count,
                 Program& program, Monitor* monitor, Wave*& current) {
  for (bool ran = true; ran;) {
    ran = false;
    for (std::size_t i = 0; i < count; ++i) {
      current = waves[i].get();
      if (current->state != Wave::State::running) continue;
      if (monitor != nullptr) {
        monitor->step(*current, program);
      } else {
        run_step(*current, program);
      }
      ++executed;
      ran = true;
    }
  }
}

}  // namespace

std::optional<Fault> run_block(const BlockStart& start, const Allocations& allocations) {
  const Kernel& kernel = *start.kernel;
  auto& [waves, block] = pool();
  const std::size_t count = start.waves.size();
  while (waves.size() < count) waves.push_back(std::make_unique<Wave>());
  block.kernel = &kernel;
  block.allocations = &allocations;
  block.block = start.block;
  block.first_wave = start.first_wave;
  block.lds.assign(start.lds_bytes, kPoisonByte);
  // A word more, since the shadow of a byte is read as a word.
  block.lds_written.assign(start.lds_bytes + sizeof(u32), 0);
  for (std::size_t i = 0; i < count; ++i) {
    Wave& wave = *waves[i];
    wave.block = &block;
    wave.number = static_cast<unsigned>(i);
    wave.scratch = start.scratch_base + i * kernel.scratch_bytes * kernel.wave_size;
    start_wave(wave, start.waves[i], kernel);
  }
  Monitor* const monitor = start.monitor;
  if (monitor != nullptr) monitor->begin_block(waves, start);

  // The interpreted kernel's modes are its own.
  const unsigned before = _mm_getcsr();
  _mm_setcsr(0x1f80);
  std::optional<Fault> fault;
  Wave* current = nullptr;
  try {
    Program& program = program_of(kernel);
    bool more = true;
    while (more && !fault) {
      more = false;
      if (start.wave_order == WaveOrder::in_step)
        run_in_step(waves, count, program, monitor, current);
      for (std::size_t i = 0; i < count; ++i) {
        current = waves[start.wave_order == WaveOrder::descending ? count - 1 - i : i].get();
        if (current->state == Wave::State::running) {
          executed += run_to_barrier(*current, program, monitor);
        }
        more = more || current->state == Wave::State::at_barrier;
      }
      if (more) fault = uneven_barrier(waves, count);
      if (monitor != nullptr) monitor->barrier();
      for (std::size_t i = 0; i < count; ++i) {
        if (waves[i]->state == Wave::State::at_barrier) waves[i]->state = Wave::State::running;
      }
    }
  } catch (const Failure& failure) {
    fault = failure.fault;
    if (current != nullptr && fault->text.find("kernel ") == std::string::npos) {
      fault->text += ": " + place_of(*current, current->pc);
    }
  }
  _mm_setcsr(before);
  return fault;
}

std::uint64_t executed_instructions() { return executed; }

void forget_code(std::uint64_t code_begin) { forget_program(code_begin); }

}  // namespace mlacheck::amd
