// E6 to E8 and E14: heads, tokens and columns do not know of each other.
#include "properties/flatten_quant/relations.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

using Permute = std::optional<Relation> (*)(const Problem&, Random&);

std::vector<Part> permuted(const char* axis, Permute product, Permute quantizer) {
  const auto fit = [axis](Case& c, Random&) {
    fill_extents(c);
    at_least(c, axis, 3);
  };
  const auto holds = [](Permute permute) {
    return [permute](Trial& trial) {
      const auto relation = permute(trial.problem(), trial.random());
      if (relation) trial.expect_bits(*relation);
      return relation.has_value();
    };
  };
  return {{"quantized_bmm", "", fit, holds(product)}, {"flatten_quant", "", fit, holds(quantizer)}};
}

}  // namespace

std::vector<Part> heads_permuted() {
  return permuted("H", &quantized_bmm::heads_permuted, &flatten_quant::heads_permuted);
}

std::vector<Part> tokens_permuted() {
  return permuted("T", &quantized_bmm::tokens_permuted, &flatten_quant::tokens_permuted);
}

std::vector<Part> one_token() {
  const auto any_token = [](Trial& trial) {
    return trial.random().between(0, trial.the_case().integer("T") - 1);
  };
  // A batch of 64 against one token, now and then: the sizes at which engines change tiles.
  const auto fit_product = [](Case& c, Random& random) {
    fill_extents(c);
    exact_product(c, random);
    at_least(c, "T", 2);
    if (!random.chance(25)) return;
    c.set("T", 64);
    at_most(c, "H", 2);
    at_most(c, "V", 64);
    at_most(c, "blocks", 4);
  };
  const auto fit_quantizer = [](Case& c, Random&) {
    fill_extents(c);
    at_least(c, "T", 2);
  };
  return {
      {"quantized_bmm", "", fit_product,
       [any_token](Trial& trial) {
         trial.expect_bits_or_bound(quantized_bmm::token_alone(trial.problem(), any_token(trial)));
         return true;
       },
       true},
      {"flatten_quant", "", fit_quantizer, [any_token](Trial& trial) {
         trial.expect_bits(flatten_quant::token_alone(trial.problem(), any_token(trial)));
         return true;
       }}};
}

std::vector<Part> columns_concatenated() {
  const auto fit = [](Case& c, Random&) {
    fill_extents(c);
    at_least(c, "V", 2);
  };
  return {{"quantized_bmm", "", fit, [](Trial& trial) {
             const std::int64_t columns = trial.the_case().integer("V");
             const std::int64_t cut = trial.random().between(1, columns - 1);
             trial.expect_bits(quantized_bmm::columns_alone(trial.problem(), 0, cut));
             trial.expect_bits(quantized_bmm::columns_alone(trial.problem(), cut, columns));
             return true;
           }}};
}

}  // namespace mlacheck::equivalences
