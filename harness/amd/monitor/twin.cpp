#include "harness/amd/monitor/twin.hpp"

#include <algorithm>
#include <string>

#include "harness/amd/monitor/decisions.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/scalars.hpp"

namespace mlacheck::amd {
namespace {

using Unit = Effects::Unit;

// What undefined words of scratch hold for the wave; its twin has the complement.
constexpr u8 kScratchPoison = 0xff;

void flip(std::array<u32, kLanes>& words) {
  for (u32& word : words) word = ~word;
}

// The part of a vector register that the instruction writes.
u32 written_bits(const Operation& operation) {
  const auto select = static_cast<unsigned>(operation.target_select);
  if (operation.target_select != Select::dword) {
    const auto word0 = static_cast<unsigned>(Select::word0);
    return select < word0 ? 0xffU << (8 * select) : 0xffffU << (16 * (select - word0));
  }
  return is_half(operation.result) ? 0xffffU : ~0U;
}

// Undefined bits of a source, as the instruction reads it, for each lane of a half.
void undefined_bits(const Wave& wave, const Wave& twin, const Source& source, unsigned half,
                    std::array<u64, kHalf>& bits) {
  const bool wide = words_of(source.type) == 2;
  Lanes ours;
  Lanes theirs;
  if (wide) {
    fetch<u64>(wave, source, half, ours);
    fetch<u64>(twin, source, half, theirs);
  } else {
    fetch<u32>(wave, source, half, ours);
    fetch<u32>(twin, source, half, theirs);
  }
  const u32 used = is_half(source.type) ? 0xffffU : ~0U;
  for (unsigned i = 0; i < kHalf; ++i) {
    const u32 low = (ours.low[i] ^ theirs.low[i]) & used;
    bits[i] |= wide ? joined(low, ours.high[i] ^ theirs.high[i]) : low;
  }
}

}  // namespace

void Twins::begin_wave(const Wave& wave, const WaveStart& start, const Kernel& kernel) {
  Wave& twin = *twins_.at(wave.number);
  twin = wave;
  twin.block = &block_;
  const unsigned vectors = std::min(256U, kernel.vgprs);
  for (std::size_t r = start.vgprs.size(); r < vectors; ++r) flip(twin.vector.at(r));
  if (kernel.accum_offset != 0 && kernel.vgprs > kernel.accum_offset) {
    for (unsigned r = 0; r < kernel.vgprs - kernel.accum_offset; ++r) flip(twin.vector.at(256 + r));
  }
  for (std::size_t r = start.sgprs.size(); r < ScalarRegister::kTrap; ++r) {
    twin.scalar.at(r) = ~wave.scalar.at(r);
  }
  twin.scalar[ScalarRegister::kM0] = ~wave.scalar[ScalarRegister::kM0];
  twin.set_scc(!wave.scc());
  // The wave's scratch, and where the twin has its own.
  const u64 bytes = u64{kernel.scratch_bytes} * kernel.wave_size;
  auto* const scratch = reinterpret_cast<u8*>(wave.scratch);  // NOLINT(performance-no-int-to-ptr)
  std::fill_n(scratch, bytes, kScratchPoison);
  twin.scratch_shift =
      static_cast<i64>(reinterpret_cast<u64>(scratch_.data()) + wave.number * bytes - wave.scratch);
}

void Twins::begin_block(const std::vector<std::unique_ptr<Wave>>& waves, const BlockStart& start) {
  const BlockState& block = *waves.at(0)->block;
  const Kernel& kernel = *start.kernel;
  block_ = block;
  // An access is counted once.
  if (block.allocations->watch() != nullptr) {
    unwatched_ = *block.allocations;
    unwatched_.watch(nullptr);
    block_.allocations = &unwatched_;
  }
  for (u8& byte : block_.lds) byte = static_cast<u8>(~byte);
  scratch_.assign(start.waves.size() * kernel.scratch_bytes * kernel.wave_size,
                  static_cast<u8>(~kScratchPoison));
  while (twins_.size() < start.waves.size()) twins_.push_back(std::make_unique<Wave>());
  for (std::size_t i = 0; i < start.waves.size(); ++i) {
    begin_wave(*waves[i], start.waves[i], kernel);
  }
}

void Twins::force_vector(const Wave& wave, const Wave& twin, const Operation& operation,
                         const Effects& effects) {
  const bool narrow = operation.instruction->mnemonic.find("24") != std::string::npos;
  const bool reads_vcc = operation.instruction->mnemonic.starts_with("v_div_fmas");
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<u64, kHalf> bits{};
    for (const Source& source : operation.source) {
      if (source.type == Type::none || source.kind == Source::Kind::constant) continue;
      if (source.type == Type::mask) {
        const u32 differ = mask_bits(wave, source, half) ^ mask_bits(twin, source, half);
        for (unsigned i = 0; i < kHalf; ++i) bits[i] |= differ >> i & 1U;
      } else {
        undefined_bits(wave, twin, source, half, bits);
      }
    }
    if (reads_vcc) {
      const u32 differ =
          wave.scalar[ScalarRegister::kVcc + half] ^ twin.scalar[ScalarRegister::kVcc + half];
      for (unsigned i = 0; i < kHalf; ++i) bits[i] |= differ >> i & 1U;
    }
    for (unsigned i = 0; i < kHalf; ++i) {
      if (narrow) bits[i] &= 0xff'ffffU;
      if (bits[i] == 0 || (mask >> i & 1U) == 0) continue;
      const u64 result = effects.spread == Spread::upwards ? upwards(bits[i]) : ~u64{0};
      const unsigned lane = half * kHalf + i;
      forced_.any = true;
      forced_.words[0][lane] = low_word(result);
      forced_.words[1][lane] = high_word(result);
      forced_.mask |= u64{1} << lane;
    }
  }
}

void Twins::force_scalar(const Wave& wave, const Wave& twin, const Operation& operation,
                         const Effects& effects) {
  u64 bits = 0;
  for (const Source& source : operation.source) {
    if (source.kind != Source::Kind::scalar || source.type == Type::none) continue;
    bits |= words_of(source.type) == 2 ? scalar64(wave, source) ^ scalar64(twin, source)
                                       : u64{scalar32(wave, source) ^ scalar32(twin, source)};
  }
  if (effects.reads_scc && wave.scc() != twin.scc()) bits |= 1;
  if (bits == 0) return;
  const u64 result = effects.spread == Spread::upwards ? upwards(bits) : ~u64{0};
  forced_.any = true;
  forced_.scalar[0] = low_word(result);
  forced_.scalar[1] = high_word(result);
}

void Twins::before(const Wave& wave, const Operation& operation, const Effects& effects) {
  const Wave& twin = *twins_.at(wave.number);
  pc_ = wave.pc;
  exec_ = wave.exec();
  if (forced_.any) forced_ = {};
  expect_defined_decisions(wave, twin, operation, effects);
  if (effects.spread == Spread::exact) return;
  if (effects.unit == Unit::vector && operation.permutation == nullptr) {
    force_vector(wave, twin, operation, effects);
  } else if (effects.unit == Unit::scalar) {
    force_scalar(wave, twin, operation, effects);
  }
}

void Twins::apply_vector(const Wave& wave, Wave& twin, const Operation& operation) const {
  if (operation.result != Type::mask) {
    const u32 field = written_bits(operation);
    for (unsigned w = 0; w < words_of(operation.result); ++w) {
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        const u32 differ = forced_.words.at(w)[lane] & field;
        u32& word = twin.vector[operation.target + w][lane];
        if (differ != 0)
          word = (word & ~differ) | (~wave.vector[operation.target + w][lane] & differ);
      }
    }
  }
}

void Twins::apply_scalar(const Wave& wave, Wave& twin, const Operation& operation,
                         const Effects& effects) const {
  if (forced_.any) {
    if (operation.result != Type::none) {
      for (unsigned w = 0; w < words_of(operation.result); ++w) {
        const u32 differ = forced_.scalar[w];
        u32& word = twin.scalar[operation.target + w];
        word = (word & ~differ) | (~wave.scalar[operation.target + w] & differ);
      }
    }
    if (effects.writes_scc) twin.set_scc(!wave.scc());
    return;
  }
  // Logic and shifts: SCC says whether the result has a bit. One that is surely set decides it.
  if (effects.spread != Spread::exact || !effects.writes_scc || effects.writes.size() != 1) return;
  const Registers& result = effects.writes[0];
  u32 differ = 0;
  u32 surely = 0;
  for (unsigned w = result.first; w < result.first + result.count; ++w) {
    const u32 bits = wave.scalar.at(w) ^ twin.scalar.at(w);
    differ |= bits;
    surely |= wave.scalar.at(w) & ~bits;
  }
  if (differ != 0 && surely == 0) twin.set_scc(!wave.scc());
}

void Twins::after(const Wave& wave, const Operation& operation, const Effects& effects) {
  Wave& twin = *twins_.at(wave.number);
  const bool global = (effects.unit == Unit::memory || effects.unit == Unit::flat) &&
                      effects.stores && !reaches_scratch(twin, operation);
  if (global && effects.unit == Unit::memory) {
    // Memory has changed once; what it was before is the same for both.
    if (effects.loads) {
      for (const Registers& target : effects.writes) {
        each_lane(exec_, [&](unsigned lane) {
          for (unsigned w = target.first; w < target.first + target.count; ++w) {
            twin.vector[w][lane] = wave.vector[w][lane];
          }
        });
      }
    }
  } else if (global && effects.atomic) {
    for (const Registers& target : effects.writes) {
      for (unsigned w = target.first; w < target.first + target.count; ++w) {
        twin.vector[w] = wave.vector[w];
      }
    }
  } else if (effects.unit != Unit::control) {
    twin.pc = pc_;
    operation.run(twin, operation);
    if (forced_.any && effects.unit == Unit::vector) {
      apply_vector(wave, twin, operation);
      const bool mask =
          std::ranges::any_of(effects.writes, [](const Registers& r) { return !r.vector; });
      if (mask) {
        const u64 bits = twin.mask(operation.mask_target);
        const u64 ours = wave.mask(operation.mask_target);
        twin.set_mask(operation.mask_target, (bits & ~forced_.mask) | (~ours & forced_.mask));
      }
    }
    if (effects.unit == Unit::scalar) apply_scalar(wave, twin, operation, effects);
  }
  twin.pc = wave.pc;
  twin.state = Wave::State::running;
  expect_defined_lanes(wave, twin, operation);
}

}  // namespace mlacheck::amd
