#include "harness/amd/monitor/decisions.hpp"

#include <bit>
#include <string>

#include "harness/amd/decode/register_names.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/element.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

using Unit = Effects::Unit;

constexpr const char* kNobody = " depends on a register, LDS or scratch that nobody wrote";

[[noreturn]] void report(const Wave& wave, const Operation& operation, const std::string& what,
                         const std::string& word, u32 bits, std::optional<unsigned> lane = {}) {
  fail(wave, operation, Fault::Kind::uninitialized,
       what + kNobody + " (" + word + ", undefined bits " + hexadecimal(bits) + ")", lane);
}

void expect_scalar(const Wave& wave, const Wave& twin, const Operation& operation, unsigned first,
                   unsigned count, const char* what) {
  for (unsigned index = first; index < first + count; ++index) {
    const u32 bits = wave.scalar.at(index) ^ twin.scalar.at(index);
    if (bits != 0) report(wave, operation, what, name_of_word(false, index), bits);
  }
}

void expect_scalar(const Wave& wave, const Wave& twin, const Operation& operation,
                   const Source& source, unsigned words, const char* what) {
  if (source.kind != Source::Kind::scalar) return;
  expect_scalar(wave, twin, operation, source.index, words, what);
}

void expect_vector(const Wave& wave, const Wave& twin, const Operation& operation, unsigned index,
                   unsigned lane, u32 used, const char* what) {
  const u32 bits = (wave.vector[index][lane] ^ twin.vector[index][lane]) & used;
  if (bits != 0) report(wave, operation, what, name_of_word(true, index), bits, lane);
}

// Of the enabled lanes.
void expect_vectors(const Wave& wave, const Wave& twin, const Operation& operation, unsigned first,
                    unsigned count, const char* what) {
  for (unsigned index = first; index < first + count; ++index) {
    each_lane(wave.exec(),
              [&](unsigned lane) { expect_vector(wave, twin, operation, index, lane, ~0U, what); });
  }
}

void expect_address(const Wave& wave, const Wave& twin, const Operation& operation,
                    const Effects& effects) {
  constexpr const char* kWhat = "an address";
  if (effects.unit == Unit::lds) {
    if (!effects.exchange)
      expect_vectors(wave, twin, operation, operation.source[0].index, 1, kWhat);
    return;
  }
  if (effects.unit == Unit::scalar_memory) {
    expect_scalar(wave, twin, operation, operation.source[0], 2, kWhat);
    expect_scalar(wave, twin, operation, operation.source[1], 1, kWhat);
    return;
  }
  const Source& address = operation.source[kAddress];
  if (address.type != Type::none) {
    const bool two =
        address.type == Type::uint64 || (operation.flags & (kOffen | kIdxen)) == (kOffen | kIdxen);
    expect_vectors(wave, twin, operation, address.index, two ? 2 : 1, kWhat);
  }
  const bool buffer = operation.instruction->mnemonic.starts_with("buffer_");
  const Source& base = operation.source[kBase];
  if (base.type != Type::none) {
    expect_scalar(wave, twin, operation, base, buffer ? 4 : words_of(base.type), kWhat);
  }
  if (buffer) expect_scalar(wave, twin, operation, operation.source[kOffset], 1, kWhat);
  if (effects.to_lds) expect_scalar(wave, twin, operation, ScalarRegister::kM0, 1, kWhat);
}

// Whether FLAT reaches global memory with this lane.
bool is_global(const Wave& wave, const Operation& operation, unsigned lane) {
  const u64 high = global_address(wave, operation, lane) >> 32;
  return high != kSharedAperture >> 32 && high != kPrivateAperture >> 32;
}

void expect_data(const Wave& wave, const Wave& twin, const Operation& operation,
                 const Effects& effects) {
  constexpr const char* kWhat = "a value stored to memory";
  const unsigned data = operation.source[kData].index;
  unsigned words = words_of(operation.element);
  u32 used = ~0U;
  if (effects.atomic) {
    for (const Registers& read : effects.reads) {
      if (read.vector && read.first == data) words = read.count;
    }
  } else if (operation.element.bytes < 4) {
    used = (1U << (8 * operation.element.bytes)) - 1;
    if (operation.element.part == Element::Part::high) used <<= 16;
  }
  const bool buffer = operation.instruction->mnemonic.starts_with("buffer_");
  const Buffer descriptor = buffer ? buffer_of(wave, operation) : Buffer{};
  each_lane(wave.exec(), [&](unsigned lane) {
    if (effects.unit == Unit::flat && !is_global(wave, operation, lane)) return;
    for (unsigned w = 0; w < words; ++w) {
      // Stores past the last record are dropped.
      if (buffer && buffer_offset(wave, operation, descriptor, lane) + 4 * i64{w} >=
                        i64{descriptor.records}) {
        continue;
      }
      expect_vector(wave, twin, operation, data + w, lane, used, kWhat);
    }
  });
}

void expect_branch(const Wave& wave, const Wave& twin, const Operation& operation,
                   const Effects& effects) {
  if (effects.reads_scc && wave.scc() != twin.scc()) {
    report(wave, operation, "a branch", "scc", 1);
  }
  for (const Registers& read : effects.reads) {
    if (read.vector) continue;
    u32 differ = 0;
    u32 surely = 0;
    for (unsigned w = read.first; w < read.first + read.count; ++w) {
      const u32 bits = wave.scalar.at(w) ^ twin.scalar.at(w);
      differ |= bits;
      surely |= wave.scalar.at(w) & ~bits;
    }
    // Whether VCC is zero: a bit that is surely set decides it.
    if (differ != 0 && surely == 0) {
      report(wave, operation, "a branch", name_of_word(false, read.first), differ);
    }
  }
}

}  // namespace

bool reaches_scratch(const Wave& wave, const Operation& operation) {
  const std::string& name = operation.instruction->mnemonic;
  if (name.starts_with("scratch_")) return true;
  return name.starts_with("buffer_") && buffer_of(wave, operation).swizzled;
}

void expect_defined_decisions(const Wave& wave, const Wave& twin, const Operation& operation,
                              const Effects& effects) {
  if (effects.reaches_memory()) {
    expect_address(wave, twin, operation, effects);
    const bool vector = effects.unit == Unit::memory || effects.unit == Unit::flat;
    if (vector && effects.stores && !reaches_scratch(wave, operation)) {
      expect_data(wave, twin, operation, effects);
    }
    return;
  }
  const std::string& name = operation.instruction->mnemonic;
  if (name.starts_with("s_cbranch")) return expect_branch(wave, twin, operation, effects);
  if (name.starts_with("s_setpc") || name.starts_with("s_swappc")) {
    expect_scalar(wave, twin, operation, operation.source[0], 2, "the target of a jump");
  }
}

void expect_defined_lanes(const Wave& wave, const Wave& twin, const Operation& operation) {
  const u64 bits = wave.exec() ^ twin.exec();
  if (bits == 0) [[likely]]
    return;
  const auto lane = static_cast<unsigned>(std::countr_zero(bits));
  report(wave, operation, "EXEC",
         name_of_word(false, ScalarRegister::kExec + (lane < 32 ? 0U : 1U)),
         lane < 32 ? low_word(bits) : high_word(bits), lane);
}

}  // namespace mlacheck::amd
