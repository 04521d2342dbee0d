// The scalars and operands of a problem of the merge: the one place that spells their names.
#pragma once

#include "reference/common/arguments.hpp"

namespace mlacheck::merge_states {

struct Parameters {
  std::int64_t context_tokens = 0;  ///< C: later tokens take their suffix as it is

  template <class Bind>
  void bind(const Bind& bind) {
    bind("prefill_tokens_with_context", context_tokens);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& prefix_out() const { return problem.operand("prefix_out"); }
  reference::OperandIn<P>& prefix_lse() const { return problem.operand("prefix_lse"); }
  reference::OperandIn<P>& suffix_out() const { return problem.operand("suffix_out"); }
  reference::OperandIn<P>& suffix_lse() const { return problem.operand("suffix_lse"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }
  const Operand* lse_out() const {
    return problem.find("lse_out");
  }  ///< null where it is not wanted
};

}  // namespace mlacheck::merge_states
