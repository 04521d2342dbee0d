#include "tests/harness/amd/support/checked_launch.hpp"

#include "harness/amd/block/block.hpp"
#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/monitor/monitor.hpp"
#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {

std::optional<Fault> CheckedLaunch::run_blocks(const Kernel& kernel, const Checks& checks,
                                               unsigned waves, unsigned blocks) {
  Allocations allocations;
  const u64 address = reinterpret_cast<u64>(memory_.data());
  allocations.add(address, 4 * memory_.size());
  std::vector<u32> scratch(std::size_t{waves} * 64 * kScratchBytes / 4, 0);
  Monitor monitor(kernel, checks);
  for (unsigned b = 0; b < blocks; ++b) {
    BlockStart start;
    start.kernel = &kernel;
    start.block = {b, 0, 0};
    start.lds_bytes = kLdsBytes;
    start.scratch_base = reinterpret_cast<u64>(scratch.data());
    start.first_wave = b * waves;
    start.monitor = &monitor;
    for (unsigned w = 0; w < waves; ++w) {
      WaveStart wave;
      wave.exec = kernel.wave_size == 64 ? ~u64{0} : 0xffff'ffffU;
      const u64 own = start.scratch_base + u64{w} * kScratchBytes * kernel.wave_size;
      wave.sgprs = {low_word(address),
                    high_word(address),
                    w,
                    b,
                    low_word(own),
                    high_word(own) | 0x8000'0000U,
                    ~0U,
                    1U << 23};
      wave.vgprs.emplace_back();
      for (u32 lane = 0; lane < kernel.wave_size; ++lane) {
        wave.vgprs[0].push_back(kernel.wave_size * w + lane);
      }
      start.waves.push_back(wave);
    }
    if (auto fault = run_block(start, allocations)) return fault;
  }
  return std::nullopt;
}

std::string CheckedLaunch::run(const std::string& code, const Checks& checks, unsigned waves,
                               unsigned blocks) {
  code_ = encoded(target_, {code})[0];
  return run_code(checks, waves, blocks);
}

std::string CheckedLaunch::run_bytes(const std::vector<u8>& code, const Checks& checks,
                                     unsigned waves) {
  code_ = code;
  return run_code(checks, waves, 1);
}

std::string CheckedLaunch::run_code(const Checks& checks, unsigned waves, unsigned blocks) {
  Kernel kernel;
  kernel.name = "probe";
  kernel.target = target_;
  kernel.wave_size = target_ == Target::gfx1030 ? 32 : 64;
  kernel.code_begin = kernel.entry = reinterpret_cast<u64>(code_.data());
  kernel.code_end = kernel.code_begin + code_.size();
  kernel.vgprs = target_ == Target::gfx1030 ? 64 : 128;
  kernel.accum_offset = target_ == Target::gfx1030 ? 0 : 64;
  kernel.rsrc1 = 0xf0U << 12;
  kernel.scratch_bytes = kScratchBytes;
  const auto fault = run_blocks(kernel, checks, waves, blocks);
  forget_code(kernel.code_begin);
  return fault ? fault->text : std::string();
}

}  // namespace mlacheck::amd::test
