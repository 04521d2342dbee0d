#include "reference/chunked_context/oracle.hpp"

#include <vector>

#include "reference/chunked_context/parameters.hpp"
#include "reference/common/state_operands.hpp"

namespace mlacheck::chunked_context {
namespace {

using reference::Bounded;
using reference::LseStep;
using reference::merge_lse;
using reference::merge_values;
using reference::MergeKind;
using reference::StateOperand;
using reference::store_row;
using reference::ValueRow;

class MergeOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    std::vector<StateOperand> chunks;
    const Parameters parameters = Parameters::of(problem);
    for (std::int64_t j = 0; j < parameters.chunks; ++j) {
      chunks.emplace_back(problem.operand(chunk_out(j)), problem.operand(chunk_lse(j)));
    }
    const Operands o{problem};
    const StateOperand suffix(o.suffix_out(), o.suffix_lse());
    ExpectedTensor values = ExpectedTensor::like(o.out());
    for (std::int64_t token = 0; token < suffix.tokens(); ++token) {
      for (std::int64_t head = 0; head < suffix.heads(); ++head) {
        const Eigen::ArrayXd last = suffix.row(token, head);
        LseStep step;
        step.kind = MergeKind::copy_suffix;
        ValueRow running;
        if (token < parameters.context_tokens) {
          Bounded lse;
          running = context(chunks, token, head, problem.numerics, o.out().dtype, lse);
          step = merge_lse(lse, suffix.lse(token, head), problem.numerics);
        }
        store_row(values, token * suffix.heads() + head,
                  merge_values(step, running, last, o.out().dtype));
      }
    }
    Expectation expectation;
    expectation.rule = "worst case, merge by merge; exact while at most one part is not empty";
    expectation.outputs.push_back(std::move(values));
    return expectation;
  }

 private:
  // The running state after the last chunk; each merge starts from what the one before may have
  // stored.
  static ValueRow context(const std::vector<StateOperand>& chunks, std::int64_t token,
                          std::int64_t head, const Numerics& numerics, DType dtype, Bounded& lse) {
    lse = {chunks.front().lse(token, head), 0};
    ValueRow running = chunks.front().exact_row(token, head);
    for (std::size_t j = 1; j < chunks.size(); ++j) {
      const LseStep step = merge_lse(lse, chunks[j].lse(token, head), numerics);
      running = merge_values(step, running, chunks[j].row(token, head), dtype);
      lse = step.lse;
    }
    return running;
  }
};

}  // namespace

const Oracle& oracle() {
  static const MergeOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::chunked_context
