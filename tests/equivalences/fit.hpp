// Drawn cases made to fit an equivalence.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/op/random.hpp"

namespace mlacheck::equivalences {

/// Nothing empty: every extent at least 1.
void fill_extents(Case& c);

void at_least(Case& c, const std::string& field, std::int64_t least);
void at_most(Case& c, const std::string& field, std::int64_t most);

/// Keeps a choice that is among `wanted`, else picks one of them.
void among(Case& c, Random& random, const std::string& field,
           const std::vector<std::string>& wanted);

/// Value classes of quantized_bmm without NaN and infinities.
void finite_product(Case& c, Random& random);

/// Of those, the ones in which most sums are exact.
void exact_product(Case& c, Random& random);

/// Value classes of flatten_quant without NaN, infinities and the ends of the range.
void ordinary_elements(Case& c, Random& random);

/// Form 0 or 1 of quantized_bmm.
void mxfp4_product(Case& c, Random& random);

/// V a multiple of the group.
void whole_groups(Case& c);

}  // namespace mlacheck::equivalences
