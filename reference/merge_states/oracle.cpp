#include "reference/merge_states/oracle.hpp"

#include "reference/common/state_operands.hpp"
#include "reference/merge_states/parameters.hpp"

namespace mlacheck::merge_states {
namespace {

using reference::LseStep;
using reference::merge_lse;
using reference::merge_values;
using reference::MergeKind;
using reference::StateOperand;
using reference::store_row;

class MergeOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operands o{problem};
    const StateOperand prefix(o.prefix_out(), o.prefix_lse());
    const StateOperand suffix(o.suffix_out(), o.suffix_lse());
    const std::int64_t context_tokens = Parameters::of(problem).context_tokens;
    ExpectedTensor values = ExpectedTensor::like(o.out());
    ExpectedTensor lses =
        o.lse_out() != nullptr ? ExpectedTensor::like(*o.lse_out()) : ExpectedTensor{};
    for (std::int64_t token = 0; token < prefix.tokens(); ++token) {
      for (std::int64_t head = 0; head < prefix.heads(); ++head) {
        LseStep step;
        if (token < context_tokens) {
          step = merge_lse({prefix.lse(token, head), 0}, suffix.lse(token, head), problem.numerics);
        } else {
          // Raw: an LSE of +inf or NaN stays what it is.
          step.kind = MergeKind::copy_suffix;
          step.lse.value = suffix.lse(token, head);
        }
        store_row(values, token * prefix.heads() + head,
                  merge_values(step, prefix.exact_row(token, head), suffix.row(token, head),
                               o.out().dtype));
        if (o.lse_out() == nullptr) continue;
        const auto at = static_cast<std::size_t>(head * prefix.tokens() + token);
        lses.value[at] = step.lse.value;
        lses.bound[at] = step.lse.bound;
      }
    }
    Expectation expectation;
    expectation.rule = "worst case; exact where a side is empty or copied or the LSEs are equal";
    expectation.outputs.push_back(std::move(values));
    if (o.lse_out() != nullptr) expectation.outputs.push_back(std::move(lses));
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const MergeOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::merge_states
