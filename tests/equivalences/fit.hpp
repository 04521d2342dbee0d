// Parts of equivalences, and drawn cases made to fit them.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "properties/flatten_quant/fields.hpp"
#include "properties/quantized_bmm/fields.hpp"
#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {

using Product = quantized_bmm::Fields;
using Quantizer = flatten_quant::Fields;

/// See Part; `fit` changes the fields of a case.
template <class Fields>
Part part_of(const FieldTable<Fields>& table, std::function<void(Fields&, Random&)> fit,
             std::function<bool(Trial&)> holds) {
  Part part;
  part.op = table.schema().op;
  part.fit = [&table, fit = std::move(fit)](Case& c, Random& random) {
    Fields fields = table.fields(c);
    fit(fields, random);
    c = table.to_case(fields);
  };
  part.holds = std::move(holds);
  return part;
}
Part of_product(std::function<void(Product&, Random&)> fit, std::function<bool(Trial&)> holds,
                bool certified = false);
Part of_quantizer(std::function<void(Quantizer&, Random&)> fit, std::function<bool(Trial&)> holds);

/// Nothing empty: every extent at least 1.
void fill_extents(Product& f);
void fill_extents(Quantizer& f);

void at_least(std::int64_t& value, std::int64_t least);
void at_most(std::int64_t& value, std::int64_t most);

/// Keeps a value that is among `wanted`, else picks one of them.
template <class T>
void among(T& value, Random& random, const std::vector<T>& wanted) {
  if (std::find(wanted.begin(), wanted.end(), value) == wanted.end()) value = random.pick(wanted);
}

/// Value classes without NaN and infinities.
void finite_product(Product& f, Random& random);

/// Of those, the ones in which most sums are exact.
void exact_product(Product& f, Random& random);

/// Value classes without NaN, infinities and the ends of the range.
void ordinary_elements(Quantizer& f, Random& random);

/// V even where MXFP4 packs pairs of a head.
void whole_pairs(Quantizer& f);

/// V a multiple of the group.
void whole_groups(Quantizer& f);

}  // namespace mlacheck::equivalences
