// E12 and E13: quantizing again, and beforehand.
#include <array>
#include <cmath>

#include "properties/flatten_quant/relations.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "reference/common/formats.hpp"
#include "reference/flatten_quant/parameters.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

using reference::ScaleRule;

// Position of group number `index` in the logical order of scales, and of its elements in codes.
struct GroupBits {
  std::uint32_t scale;
  std::vector<std::uint32_t> codes;  // one an element
};

std::vector<GroupBits> groups_of(const Problem& problem, const Run& run) {
  const auto& codes = run.bits("codes");
  const auto& scales = run.bits("scales");
  const bool mxfp4 = flatten_quant::Parameters::of(problem).mxfp4();
  std::vector<GroupBits> groups;
  flatten_quant::for_each_group(problem, [&](std::size_t first, std::size_t count) {
    GroupBits group{scales.at(groups.size()), {}};
    for (std::size_t i = first; i < first + count; ++i) {
      group.codes.push_back(!mxfp4 ? codes.at(i)
                                   : (i % 2 == 0 ? codes.at(i / 2) % 16 : codes.at(i / 2) / 16));
    }
    groups.push_back(std::move(group));
  });
  return groups;
}

// The op quantizes by `even`. Blocks that any of the four rules made keep their values; those of
// `floor` and `even` their bytes and codes as well.
void expect_values_kept(Trial& trial, ScaleRule rule, const Problem& other) {
  const std::string which =
      "quantized by rule " + std::to_string(static_cast<int>(rule)) + ", then again";
  const std::vector<GroupBits> groups = groups_of(other, trial.run(other, which));
  const bool bitwise = rule == ScaleRule::floor || rule == ScaleRule::even;
  const Operand& x = flatten_quant::Operands{trial.problem()}.x();
  const Operand& before = flatten_quant::Operands{other}.x();
  std::size_t index = 0;
  flatten_quant::for_each_group(other, [&](std::size_t first, std::size_t count) {
    const GroupBits& group = groups.at(index++);
    std::array<float, 32> block{};
    for (std::size_t i = 0; i < count; ++i) {
      block[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
    }
    const reference::MxBlock once = reference::quantize_mxfp4(block, rule);
    if (bitwise && group.scale != once.scale) {
      throw Broken(which + ": group " + std::to_string(index - 1) + " has byte " +
                   std::to_string(group.scale) + " where it had " + std::to_string(once.scale));
    }
    for (std::size_t i = 0; i < count; ++i) {
      ++trial.compared().bitwise;
      const double value = reference::mxfp4_value(static_cast<std::uint8_t>(group.codes[i]),
                                                  static_cast<std::uint8_t>(group.scale));
      const double expected = decode(before.dtype, before.bits[first + i]);
      if (value == expected && (!bitwise || group.codes[i] == once.codes[i])) continue;
      throw Broken(which + ": element " + std::to_string(first + i) + " is worth " +
                   std::to_string(value) + " where it was worth " + std::to_string(expected));
    }
  });
}

bool mxfp4_twice(Trial& trial) {
  bool applied = false;
  for (const ScaleRule rule :
       {ScaleRule::floor, ScaleRule::round_up, ScaleRule::even, ScaleRule::ceil}) {
    const auto other = flatten_quant::dequantized(trial.problem(), rule);
    if (!other) continue;
    applied = true;
    expect_values_kept(trial, rule, *other);
  }
  // By the op's own bits rather than the reference's.
  if (const auto relation = flatten_quant::requantized(trial.problem())) {
    trial.expect_bits(*relation);
  }
  return applied;
}

// What the op's codes are worth, rounded to fp32 once: the same codes, and a scale that moves by
// the roundings of one product and one quotient, four of 2^-24 at most.
bool fp8_twice(Trial& trial) {
  const Problem& problem = trial.problem();
  const reference::SmallFormat format = flatten_quant::Parameters::of(problem).code_format();
  const std::vector<GroupBits> groups = groups_of(problem, trial.first());
  Problem other = problem;
  Operand& x = flatten_quant::Operands{other}.x();
  std::size_t index = 0;
  flatten_quant::for_each_group(problem, [&](std::size_t first, std::size_t count) {
    const GroupBits& group = groups.at(index++);
    const double scale = decode(DType::f32, group.scale);
    for (std::size_t i = 0; i < count; ++i) {
      const double code = reference::decode(format, static_cast<std::uint8_t>(group.codes[i]));
      x.bits[first + i] = encode(DType::f32, code * scale);
    }
  });
  const std::vector<GroupBits> again = groups_of(other, trial.run(other, "quantized again"));
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const double before = decode(DType::f32, groups[g].scale);
    const double after = decode(DType::f32, again[g].scale);
    ++trial.compared().within_bound;
    if (!(std::fabs(after - before) <= 0x1p-22 * before)) {
      throw Broken("quantized again: group " + std::to_string(g) + " has scale " +
                   std::to_string(after) + " where it had " + std::to_string(before));
    }
    trial.compared().bitwise += std::ssize(groups[g].codes);
    if (groups[g].codes != again[g].codes) {
      throw Broken("quantized again: group " + std::to_string(g) + " has other codes");
    }
  }
  return true;
}

bool prequantized_equals(Trial& trial) {
  const auto relation = quantized_bmm::prequantized(trial.problem());
  if (!relation) return false;
  // Bit for bit in as many splits, where the order of the sum is the same; in others where no order
  // matters.
  trial.expect_bits(*relation);
  auto other = quantized_bmm::in_splits(relation->problem, trial.random().between(1, 4));
  if (other) {
    other->name = relation->name + ", " + other->name;
    trial.expect_bits_or_bound(*other);
  }
  return true;
}

}  // namespace

std::vector<Part> quantized_twice() {
  using enum flatten_quant::Form;
  const auto fit_mxfp4 = [](Quantizer& f, Random& random) {
    f.form = mxfp4;
    fill_extents(f);
    ordinary_elements(f, random);
    // f16 holds neither small scales nor large ones.
    among(f.dtype, random, {DType::f32, DType::bf16});
  };
  const auto fit_fp8 = [](Quantizer& f, Random& random) {
    among(f.form, random, {fp8, fp8_transposed});
    fill_extents(f);
    ordinary_elements(f, random);
    f.dtype = DType::f32;
  };
  return {of_quantizer(fit_mxfp4, &mxfp4_twice), of_quantizer(fit_fp8, &fp8_twice)};
}

std::vector<Part> prequantized() {
  const auto fit = [](Product& f, Random& random) {
    f.form = quantized_bmm::Form::a16wfp4;
    f.tail = 0;
    fill_extents(f);
    finite_product(f, random);
  };
  return {of_product(fit, &prequantized_equals, true)};
}

}  // namespace mlacheck::equivalences
