#include "reference/flatten_quant/parameters.hpp"

namespace mlacheck::flatten_quant {

reference::Fp8Rule Parameters::fp8_rule() const {
  reference::Fp8Rule rule;
  rule.format = code_format();
  rule.maximum = static_cast<float>(maximum);
  rule.clamp_keeps_nan = clamp_keeps_nan;
  return rule;
}

Sizes Sizes::of(const Problem& problem) {
  const std::vector<std::int64_t>& shape = Operands{problem}.x().layout.shape;
  return {shape[0], shape[1], shape[2]};
}

}  // namespace mlacheck::flatten_quant
