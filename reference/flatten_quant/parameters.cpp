#include "reference/flatten_quant/parameters.hpp"

#include "harness/values/enum_names.hpp"

namespace mlacheck::flatten_quant {

Parameters Parameters::of(const Problem& problem) {
  const auto read = [&]<class E>(const char* name, E& value) {
    value = EnumNames<E>::from_number(name, problem.integer(name));
  };
  Parameters p;
  read("form", p.form);
  read("special_block", p.special_block);
  read("fnuz", p.format);
  p.group = problem.integer("group");
  p.maximum = problem.integer("maximum");
  p.clamp_keeps_nan = problem.integer("clamp_keeps_nan") != 0;
  return p;
}

std::vector<std::pair<std::string, std::int64_t>> Parameters::integers() const {
  return {{"form", static_cast<std::int64_t>(form)},
          {"group", group},
          {"special_block", static_cast<std::int64_t>(special_block)},
          {"maximum", maximum},
          {"fnuz", static_cast<std::int64_t>(format)},
          {"clamp_keeps_nan", clamp_keeps_nan ? 1 : 0}};
}

reference::Fp8Rule Parameters::fp8_rule() const {
  reference::Fp8Rule rule;
  rule.format = code_format();
  rule.maximum = static_cast<float>(maximum);
  rule.clamp_keeps_nan = clamp_keeps_nan;
  return rule;
}

Sizes Sizes::of(const Problem& problem) {
  const std::vector<std::int64_t>& shape = problem.operand("x").layout.shape;
  return {shape[0], shape[1], shape[2]};
}

}  // namespace mlacheck::flatten_quant
