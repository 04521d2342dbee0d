// E1 to E4: where operands lie changes no bit.
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
  Layout& layout = relation.problem.operand("out").layout;
  const std::vector<std::int64_t> shape = layout.shape;
  layout = Layout::strided(shape, {shape[2], shape[0] * shape[2], 1});
  return relation;
}

void all_around(Case& c, const std::string& output, const std::vector<std::string>& gaps) {
  for (const std::string& gap : gaps) at_least(c, output + gap, 1);
}

}  // namespace

std::vector<Part> strided_view() {
  const auto fit = [](Case& c, Random& random) {
    fill_extents(c);
    among(c, random, "out.order", {"HTV", "HVT", "VTH", "VHT", "TVH"});
    at_least(c, "T", 2);
    at_least(c, "H", 3);
  };
  return {{"quantized_bmm", "", fit, [](Trial& trial) {
             trial.expect_bits(quantized_bmm::out_contiguous(trial.problem()));
             trial.expect_bits(out_heads_first(trial.problem()));
             return true;
           }}};
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
  return {{"quantized_bmm", "",
           [](Case& c, Random& random) {
             fill_extents(c);
             all_around(c, "out", {".gap", ".outer_gap", ".offset", ".pad"});
             // Splits that write rows and heads exchanged are the historical case.
             if (c.choice("form") != "fp8" && random.chance(50)) at_least(c, "splits", 3);
           },
           holds},
          {"flatten_quant", "",
           [](Case& c, Random&) {
             fill_extents(c);
             all_around(c, "codes", {".gap", ".pad", ".offset"});
             all_around(c, "scales", {".gap", ".pad", ".offset"});
           },
           holds}};
}

std::vector<Part> view_as_matrix() {
  const auto fit = [](Case& c, Random& random) {
    fill_extents(c);
    whole_groups(c);
    at_least(c, "H", 2);
    among(c, random, "x.order", {"HTV", "VTH", "THV"});
    if (c.choice("x.order") == "THV") at_least(c, random.chance(50) ? "x.gap" : "x.step", 2);
  };
  return {{"flatten_quant", "", fit, [](Trial& trial) {
             const auto relation = flatten_quant::as_matrix(trial.problem());
             if (relation) trial.expect_bits(*relation);
             return relation.has_value();
           }}};
}

std::vector<Part> transposed_scales() {
  const auto fit = [](Case& c, Random& random) {
    among(c, random, "form", {"fp8", "fp8_transposed"});
    fill_extents(c);
    // With one token or one scale a token both layouts are the same.
    at_least(c, "T", 2);
    at_least(c, "H", 2);
  };
  return {{"flatten_quant", "", fit, [](Trial& trial) {
             const auto relation = flatten_quant::transposed(trial.problem());
             if (relation) trial.expect_bits(*relation);
             return relation.has_value();
           }}};
}

}  // namespace mlacheck::equivalences
