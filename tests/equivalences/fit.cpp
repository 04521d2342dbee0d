#include "tests/equivalences/fit.hpp"

#include <algorithm>

#include "harness/values/quotient.hpp"

namespace mlacheck::equivalences {

void fill_extents(Case& c) {
  for (const char* extent : {"T", "H", "V"}) at_least(c, extent, 1);
  if (c.op() == "quantized_bmm") {
    at_least(c, "blocks", 1);
  } else if (c.choice("form") == "mxfp4") {
    c.set("V", c.integer("V") + c.integer("V") % 2);
  }
}

void at_least(Case& c, const std::string& field, std::int64_t least) {
  c.set(field, std::max(c.integer(field), least));
}

void at_most(Case& c, const std::string& field, std::int64_t most) {
  c.set(field, std::min(c.integer(field), most));
}

void among(Case& c, Random& random, const std::string& field,
           const std::vector<std::string>& wanted) {
  if (std::find(wanted.begin(), wanted.end(), c.choice(field)) != wanted.end()) return;
  c.set(field, random.pick(wanted));
}

void finite_product(Case& c, Random& random) {
  among(c, random, "values",
        {"grid", "ties", "boundaries", "normal", "wide", "one_signed", "x_one_hot", "w_one_hot",
         "zero_rows"});
}

void exact_product(Case& c, Random& random) {
  among(c, random, "values", {"grid", "ties", "boundaries", "normal", "wide"});
}

void ordinary_elements(Case& c, Random& random) {
  among(c, random, "values",
        {"normal", "wide", "ties", "every_code", "scale_edges", "sparse", "integers", "positions"});
}

void mxfp4_product(Case& c, Random& random) {
  among(c, random, "form", {"a16wfp4", "afp4wfp4"});
  c.set("tail", 0);
}

void whole_groups(Case& c) {
  const std::int64_t group = c.choice("form") == "mxfp4" ? 32 : c.integer("group");
  c.set("V", rounded_up_quotient(c.integer("V"), group) * group);
}

}  // namespace mlacheck::equivalences
