#include "harness/amd/monitor/hazards.hpp"

#include <charconv>
#include <string>
#include <string_view>

#include "harness/amd/decode/register_names.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

using Unit = Effects::Unit;

bool is_double(std::string_view name) { return name.find("f64") != std::string_view::npos; }

unsigned number_at(std::string_view text, std::size_t at) {
  unsigned number = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

// Passes of four cycles that an MFMA takes, by the shape in its name: "v_mfma_f32_16x16x16_f16". Of
// gfx950's wider shapes the least number that one can take.
unsigned passes_of(std::string_view name, bool gfx940) {
  const std::size_t rows_at = name.find_first_of("0123456789", name.find('_', 7) + 1);
  const unsigned rows = number_at(name, rows_at);
  if (rows == 4) return 2;
  if (!gfx940) return rows == 16 ? 8 : 16;
  const std::size_t depth_at = name.find('x', name.find('x', rows_at) + 1) + 1;
  const bool reduced = name.ends_with("xf32");
  const bool deep = number_at(name, depth_at) >= 8 || reduced;
  if (rows == 16) return deep ? 4 : 8;
  return deep ? 8 : 16;
}

bool of_single(std::string_view name) { return name.ends_with("f32") && !name.ends_with("xf32"); }

bool writes_part(const Operation& operation) { return operation.target_select != Select::dword; }

// AMD's guide has no wait states for a carry-in: the last operand of these.
bool is_carry(const Effects& effects, std::string_view name, const Registers& registers) {
  const bool adds = name.starts_with("v_addc_co") || name.starts_with("v_subb_co") ||
                    name.starts_with("v_subbrev_co");
  return adds && &registers == &effects.reads.back();
}

bool uses_m0(const Effects& effects, std::string_view name) {
  return effects.to_lds || name.starts_with("s_movrel") || name.starts_with("s_sendmsg");
}

}  // namespace

void Hazards::begin_wave() {
  now_ = 0;
  by_vector_.fill({});
  by_transcendental_.fill({});
  by_part_.fill({});
  wide_store_.fill({});
  product_.fill({});
  addend_.fill({});
  scalar_.fill({});
  m0_ = {};
}

void Hazards::expect(const Wave& wave, const Operation& operation, u64 when, const Instruction* by,
                     Need need, const std::string& what) const {
  if (when == 0) return;
  const u64 between = now_ - when - 1;
  if (between >= need.states) [[likely]]
    return;
  fail(wave, operation, Fault::Kind::hazard,
       std::string(need.why) + " (" + what + "): " + std::to_string(between) +
           " wait states after '" + by->text + "', expected at least " +
           std::to_string(need.states));
}

u64 Hazards::after_product(const Product& product) const {
  if (gfx940()) return product.passes + (product.single ? 2 : 3);
  return product.passes + 3;
}

void Hazards::check_vector_read(const Wave& wave, const Operation& operation,
                                const Effects& effects, const Registers& registers,
                                std::size_t operand) const {
  const std::string& name = operation.instruction->mnemonic;
  for (unsigned word = registers.first; word < registers.first + registers.count; ++word) {
    const std::string what = name_of_word(true, word);
    if (effects.unit == Unit::matrix) {
      expect(wave, operation, by_vector_[word].when, by_vector_[word].by,
             {2, "a matrix product reads what the VALU wrote"}, what);
    }
    if (const Product& product = product_[word]; product.when != 0) {
      u64 states = after_product(product);
      // C that is the result of the product before, in the same place, is forwarded.
      if (effects.unit == Unit::matrix && operand == 2) {
        const bool whole = product.first_target == registers.first;
        if (whole) {
          states = gfx940() && product.passes == 2 ? 2 : 0;
        } else {
          const bool mixed = gfx940() && product.single && !of_single(name);
          states = mixed ? 0 : product.passes + (gfx940() && !product.single ? 1 : 0);
        }
      }
      expect(wave, operation, product.when, product.by, {states, "the result of MFMA is read"},
             what);
    }
    if (gfx940() && effects.unit == Unit::vector) {
      if (!effects.transcendental) {
        expect(wave, operation, by_transcendental_[word].when, by_transcendental_[word].by,
               {1, "the result of a transcendental instruction is read"}, what);
      }
      expect(wave, operation, by_part_[word].when, by_part_[word].by,
             {1, "a register of which a part was written is read"}, what);
      if (name.starts_with("v_read")) {
        expect(wave, operation, by_vector_[word].when, by_vector_[word].by,
               {1, "a lane is read of what the VALU wrote"}, what);
      }
    }
    if (operation.permutation != nullptr && word == operation.permutation->index) {
      expect(wave, operation, by_vector_[word].when, by_vector_[word].by,
             {2, "DPP reads what the VALU wrote"}, what);
    }
  }
}

void Hazards::check_scalar_read(const Wave& wave, const Operation& operation,
                                const Effects& effects, const Registers& registers) const {
  const std::string& name = operation.instruction->mnemonic;
  for (unsigned word = registers.first; word < registers.first + registers.count; ++word) {
    const Last& last = scalar_.at(word);
    if (last.when == 0) continue;
    const std::string what = name_of_word(false, word);
    if (effects.unit == Unit::memory || effects.unit == Unit::flat) {
      expect(wave, operation, last.when, last.by,
             {5, "a vector memory instruction reads a scalar register that the VALU wrote"}, what);
    }
    if (effects.unit != Unit::vector) continue;
    if (gfx940() && !is_carry(effects, name, registers)) {
      expect(wave, operation, last.when, last.by,
             {2, "the VALU reads a scalar register that the VALU wrote"}, what);
    }
    const Source& lane = operation.source[1];
    if ((name == "v_readlane_b32" || name == "v_writelane_b32") &&
        lane.kind == Source::Kind::scalar && lane.index == word) {
      expect(wave, operation, last.when, last.by, {4, "a lane's number was written by the VALU"},
             what);
    }
    if (name.starts_with("v_div_fmas") && word / 2 == ScalarRegister::kVcc / 2) {
      expect(wave, operation, last.when, last.by, {4, "v_div_fmas reads VCC that the VALU wrote"},
             what);
    }
  }
}

void Hazards::check_vector_write(const Wave& wave, const Operation& operation,
                                 const Effects& effects, const Registers& registers) const {
  if (effects.unit == Unit::matrix) return;
  for (unsigned word = registers.first; word < registers.first + registers.count; ++word) {
    const std::string what = name_of_word(true, word);
    if (const Product& product = product_[word]; product.when != 0) {
      expect(wave, operation, product.when, product.by,
             {after_product(product), "the result of MFMA is overwritten"}, what);
    }
    if (const Product& product = addend_[word];
        product.when != 0 && !(gfx940() && product.single)) {
      expect(wave, operation, product.when, product.by,
             {product.passes - 1, "C of MFMA is overwritten"}, what);
    }
    if (effects.unit == Unit::vector) {
      expect(wave, operation, wide_store_[word].when, wide_store_[word].by,
             {gfx940() ? 2U : 1U, "data of a store of more than 64 bits is overwritten"}, what);
    }
  }
}

// What depends on EXEC other than as the mask of lanes that every instruction has.
void Hazards::check_lanes(const Wave& wave, const Operation& operation,
                          const Effects& effects) const {
  const Last& exec = scalar_[ScalarRegister::kExec];
  const std::string& name = operation.instruction->mnemonic;
  if (operation.permutation != nullptr) {
    expect(wave, operation, exec.when, exec.by, {5, "DPP after the VALU wrote EXEC"}, "exec");
  }
  if (effects.unit == Unit::matrix) {
    expect(wave, operation, exec.when, exec.by, {4, "MFMA after the VALU wrote EXEC"}, "exec");
  }
  if (gfx940() && (name.starts_with("v_read") || name == "v_writelane_b32")) {
    expect(wave, operation, exec.when, exec.by, {4, "a lane is named after the VALU wrote EXEC"},
           "exec");
  }
  if (uses_m0(effects, name)) {
    expect(wave, operation, m0_.when, m0_.by, {1, "M0 is read after the SALU wrote it"}, "m0");
  }
}

void Hazards::note(const Operation& operation, const Effects& effects) {
  const Instruction* const by = operation.instruction.get();
  const std::string& name = by->mnemonic;
  for (const Registers& written : effects.writes) {
    for (unsigned word = written.first; word < written.first + written.count; ++word) {
      if (!written.vector) {
        scalar_.at(word) = effects.unit == Unit::vector ? Last{now_, by} : Last{};
        if (word == ScalarRegister::kM0 && effects.unit == Unit::scalar) m0_ = {now_, by};
        continue;
      }
      const Last last{now_, by};
      const bool vector = effects.unit == Unit::vector;
      by_vector_[word] = vector ? last : Last{};
      by_transcendental_[word] = vector && effects.transcendental ? last : Last{};
      by_part_[word] = vector && writes_part(operation) ? last : Last{};
      product_[word] = {};
    }
  }
  if (effects.unit == Unit::matrix && !is_double(name)) {
    Product product{now_, by, passes_of(name, gfx940()), of_single(name), 0};
    const Registers& target = effects.writes.at(0);
    product.first_target = target.first;
    for (unsigned w = 0; w < target.count; ++w) product_[target.first + w] = product;
    if (effects.reads.size() == 3) {
      const Registers& added = effects.reads[2];
      for (unsigned w = 0; w < added.count && added.vector; ++w) addend_[added.first + w] = product;
    }
  }
  // A buffer store with its offset in a register takes its data earlier.
  if (effects.unit == Unit::memory && effects.stores && !effects.atomic &&
      operation.element.bytes > 8 && operation.source[kOffset].kind != Source::Kind::scalar) {
    const unsigned data = operation.source[kData].index;
    for (unsigned w = 0; w < operation.element.bytes / 4U; ++w) wide_store_[data + w] = {now_, by};
  }
}

void Hazards::step(const Wave& wave, const Operation& operation, const Effects& effects) {
  if (target_ == Target::gfx1030) return;
  ++now_;
  for (std::size_t i = 0; i < effects.reads.size(); ++i) {
    const Registers& read = effects.reads[i];
    if (read.vector) {
      check_vector_read(wave, operation, effects, read, i);
    } else {
      check_scalar_read(wave, operation, effects, read);
    }
  }
  for (const Registers& written : effects.writes) {
    if (written.vector) check_vector_write(wave, operation, effects, written);
  }
  check_lanes(wave, operation, effects);
  note(operation, effects);
  if (operation.instruction->mnemonic == "s_nop") {
    now_ += static_cast<u64>(operation.instruction->operands.at(0).number);
  }
}

}  // namespace mlacheck::amd
