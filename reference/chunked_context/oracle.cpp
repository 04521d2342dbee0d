#include "reference/chunked_context/oracle.hpp"

#include <vector>

#include "reference/common/state_operands.hpp"

namespace mlacheck::chunked_context {
namespace {

using reference::Bounded;
using reference::expected_like;
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
    for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
      const std::string index = std::to_string(j);
      chunks.emplace_back(problem, "chunk_out_" + index, "chunk_lse_" + index);
    }
    const StateOperand suffix(problem, "suffix_out", "suffix_lse");
    const Operand& out = problem.operand("out");
    const std::int64_t context_tokens = problem.integer("prefill_tokens_with_context");
    ExpectedTensor values = expected_like(out);
    for (std::int64_t token = 0; token < suffix.tokens(); ++token) {
      for (std::int64_t head = 0; head < suffix.heads(); ++head) {
        const Eigen::ArrayXd last = suffix.row(token, head);
        LseStep step;
        step.kind = MergeKind::copy_suffix;
        ValueRow running;
        if (token < context_tokens) {
          Bounded lse;
          running = context(chunks, token, head, problem, lse);
          step = merge_lse(lse, suffix.lse(token, head), problem.numerics);
        }
        store_row(values, token * suffix.heads() + head,
                  merge_values(step, running, last, out.dtype));
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
                          std::int64_t head, const Problem& problem, Bounded& lse) {
    const DType dtype = problem.operand("out").dtype;
    lse = {chunks.front().lse(token, head), 0};
    ValueRow running = chunks.front().exact_row(token, head);
    for (std::size_t j = 1; j < chunks.size(); ++j) {
      const LseStep step = merge_lse(lse, chunks[j].lse(token, head), problem.numerics);
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
