// E6 to E8 and E14: heads, tokens and columns do not depend on each other.
#include "properties/flatten_quant/relations.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

using Permute = std::optional<Relation> (*)(const Problem&, Random&);

template <class Axis>
std::vector<Part> permuted(Axis axis, Permute product, Permute quantizer) {
  const auto fit = [axis](auto& f, Random&) {
    fill_extents(f);
    at_least(axis(f), 3);
  };
  const auto holds = [](Permute permute) {
    return [permute](Trial& trial) {
      const auto relation = permute(trial.problem(), trial.random());
      if (relation) trial.expect_bits(*relation);
      return relation.has_value();
    };
  };
  return {of_product(fit, holds(product)), of_quantizer(fit, holds(quantizer))};
}

}  // namespace

std::vector<Part> heads_permuted() {
  return permuted([](auto& f) -> std::int64_t& { return f.heads; }, &quantized_bmm::heads_permuted,
                  &flatten_quant::heads_permuted);
}

std::vector<Part> tokens_permuted() {
  return permuted([](auto& f) -> std::int64_t& { return f.tokens; },
                  &quantized_bmm::tokens_permuted, &flatten_quant::tokens_permuted);
}

std::vector<Part> one_token() {
  const auto any_token = [](Trial& trial) {
    const Operand& x = trial.problem().operands.front();
    return trial.random().between(0, x.layout.shape[0] - 1);
  };
  // A batch of 64 against one token, now and then: the sizes at which engines change tiles.
  const auto fit_product = [](Product& f, Random& random) {
    fill_extents(f);
    exact_product(f, random);
    at_least(f.tokens, 2);
    if (!random.chance(25)) return;
    f.tokens = 64;
    at_most(f.heads, 2);
    at_most(f.columns, 64);
    at_most(f.blocks, 4);
  };
  const auto fit_quantizer = [](Quantizer& f, Random&) {
    fill_extents(f);
    at_least(f.tokens, 2);
  };
  return {of_product(
              fit_product,
              [any_token](Trial& trial) {
                trial.expect_bits_or_bound(
                    quantized_bmm::token_alone(trial.problem(), any_token(trial)));
                return true;
              },
              true),
          of_quantizer(fit_quantizer, [any_token](Trial& trial) {
            trial.expect_bits(flatten_quant::token_alone(trial.problem(), any_token(trial)));
            return true;
          })};
}

std::vector<Part> columns_concatenated() {
  const auto fit = [](Product& f, Random&) {
    fill_extents(f);
    at_least(f.columns, 2);
  };
  return {of_product(fit, [](Trial& trial) {
    const std::int64_t columns = quantized_bmm::Operands{trial.problem()}.out().layout.shape[2];
    const std::int64_t cut = trial.random().between(1, columns - 1);
    trial.expect_bits(quantized_bmm::columns_alone(trial.problem(), 0, cut));
    trial.expect_bits(quantized_bmm::columns_alone(trial.problem(), cut, columns));
    return true;
  })};
}

}  // namespace mlacheck::equivalences
