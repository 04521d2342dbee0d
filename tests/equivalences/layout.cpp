// E1 to E4: where operands lie changes no bit.
#include <array>

#include "properties/flatten_quant/relations.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

// The same output as [H, T, V] in memory.
Relation out_heads_first(const Problem& problem) {
  Relation relation = quantized_bmm::out_contiguous(problem);
  relation.name = "out with its heads first";
  Layout& layout = quantized_bmm::Operands{relation.problem}.out().layout;
  const std::vector<std::int64_t> shape = layout.shape;
  layout = Layout::strided(shape, {shape[2], shape[0] * shape[2], 1});
  return relation;
}

void all_around(LayoutFields& layout) {
  for (std::int64_t* elements : {&layout.gap, &layout.pad, &layout.offset}) {
    at_least(*elements, 1);
  }
}

// Orders of the axes of [T, H, V], from the outermost in memory to the innermost.
using MemoryOrder = std::array<std::uint8_t, 3>;
constexpr MemoryOrder kTHV{0, 1, 2};
constexpr MemoryOrder kTVH{0, 2, 1};
constexpr MemoryOrder kHTV{1, 0, 2};
constexpr MemoryOrder kHVT{1, 2, 0};
constexpr MemoryOrder kVTH{2, 0, 1};
constexpr MemoryOrder kVHT{2, 1, 0};

}  // namespace

std::vector<Part> strided_view() {
  const auto fit = [](Product& f, Random& random) {
    fill_extents(f);
    among(f.out.order, random, {kHTV, kHVT, kVTH, kVHT, kTVH});
    at_least(f.tokens, 2);
    at_least(f.heads, 3);
  };
  return {of_product(fit, [](Trial& trial) {
    trial.expect_bits(quantized_bmm::out_contiguous(trial.problem()));
    trial.expect_bits(out_heads_first(trial.problem()));
    return true;
  })};
}

std::vector<Part> canaries() {
  const auto holds = [](Trial& trial) {
    // The first run is poisoned in one way; what was written with the poison's own bits shows in
    // the other.
    trial.first();
    trial.expect_same(
        trial.first(),
        trial.run(trial.problem(), "other poison", RunOptions::poisoned(Poison::junk)),
        "other poison");
    for (const Operand& operand : trial.problem().operands) {
      if (operand.access == Access::output &&
          operand.layout.storage <= operand.layout.elements() + operand.layout.offset) {
        throw Broken(operand.name + " has no gap to watch");
      }
    }
    return true;
  };
  const auto fit_product = [](Product& f, Random& random) {
    fill_extents(f);
    all_around(f.out);
    at_least(f.out.outer_gap, 1);
    // Splits that write rows and heads exchanged are the historical case.
    if (f.form != quantized_bmm::Form::fp8 && random.chance(50)) at_least(f.splits, 3);
  };
  const auto fit_quantizer = [](Quantizer& f, Random&) {
    fill_extents(f);
    all_around(f.codes);
    all_around(f.scales);
  };
  return {of_product(fit_product, holds), of_quantizer(fit_quantizer, holds)};
}

std::vector<Part> view_as_matrix() {
  const auto fit = [](Quantizer& f, Random& random) {
    fill_extents(f);
    whole_groups(f);
    at_least(f.heads, 2);
    among(f.x.order, random, {kHTV, kVTH, kTHV});
    if (f.x.order == kTHV) at_least(random.chance(50) ? f.x.gap : f.x.step, 2);
  };
  return {of_quantizer(fit, [](Trial& trial) {
    const auto relation = flatten_quant::as_matrix(trial.problem());
    if (relation) trial.expect_bits(*relation);
    return relation.has_value();
  })};
}

std::vector<Part> transposed_scales() {
  const auto fit = [](Quantizer& f, Random& random) {
    using enum flatten_quant::Form;
    among(f.form, random, {fp8, fp8_transposed});
    fill_extents(f);
    // With one token or one scale a token both layouts are the same.
    at_least(f.tokens, 2);
    at_least(f.heads, 2);
  };
  return {of_quantizer(fit, [](Trial& trial) {
    const auto relation = flatten_quant::transposed(trial.problem());
    if (relation) trial.expect_bits(*relation);
    return relation.has_value();
  })};
}

}  // namespace mlacheck::equivalences
