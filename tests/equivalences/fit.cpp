#include "tests/equivalences/fit.hpp"

#include "harness/values/quotient.hpp"

namespace mlacheck::equivalences {
namespace {

template <class Fields>
void fill(Fields& f) {
  for (std::int64_t* extent : {&f.tokens, &f.heads, &f.columns}) at_least(*extent, 1);
}

}  // namespace

Part of_product(std::function<void(Product&, Random&)> fit, std::function<bool(Trial&)> holds,
                bool certified) {
  Part part = part_of(quantized_bmm::field_table(), std::move(fit), std::move(holds));
  part.certified = certified;
  return part;
}

Part of_quantizer(std::function<void(Quantizer&, Random&)> fit, std::function<bool(Trial&)> holds) {
  return part_of(flatten_quant::field_table(), std::move(fit), std::move(holds));
}

void fill_extents(Product& f) {
  fill(f);
  at_least(f.blocks, 1);
  f.weight_scale = quantized_bmm::WeightScale::ordinary;  // others fit some values only
}

void fill_extents(Quantizer& f) {
  fill(f);
  whole_pairs(f);
}

void at_least(std::int64_t& value, std::int64_t least) { value = std::max(value, least); }

void at_most(std::int64_t& value, std::int64_t most) { value = std::min(value, most); }

void finite_product(Product& f, Random& random) {
  using enum quantized_bmm::Values;
  among(f.values, random,
        {grid, ties, boundaries, normal, wide, one_signed, x_one_hot, w_one_hot, zero_rows});
}

void exact_product(Product& f, Random& random) {
  using enum quantized_bmm::Values;
  among(f.values, random, {grid, ties, boundaries, normal, wide});
}

void ordinary_elements(Quantizer& f, Random& random) {
  using enum flatten_quant::Values;
  among(f.values, random,
        {normal, wide, ties, every_code, scale_edges, sparse, integers, positions});
}

void whole_pairs(Quantizer& f) {
  if (f.form == flatten_quant::Form::mxfp4) f.columns += f.columns % 2;
}

void whole_groups(Quantizer& f) {
  const std::int64_t group = f.parameters().group;
  f.columns = rounded_up_quotient(f.columns, group) * group;
}

}  // namespace mlacheck::equivalences
