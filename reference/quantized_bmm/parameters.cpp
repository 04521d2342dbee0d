#include "reference/quantized_bmm/parameters.hpp"

#include "harness/values/enum_names.hpp"

namespace mlacheck::quantized_bmm {

Parameters Parameters::of(const Problem& problem) {
  Parameters p;
  p.form = EnumNames<Form>::from_number("form", problem.integer("form"));
  p.splits = problem.integer("splits");
  p.format = EnumNames<Fp8Format>::from_number("fnuz", problem.integer("fnuz"));
  p.maximum = problem.integer("maximum");
  return p;
}

std::vector<std::pair<std::string, std::int64_t>> Parameters::integers() const {
  return {{"form", static_cast<std::int64_t>(form)},
          {"splits", splits},
          {"fnuz", static_cast<std::int64_t>(format)},
          {"maximum", maximum}};
}

}  // namespace mlacheck::quantized_bmm
