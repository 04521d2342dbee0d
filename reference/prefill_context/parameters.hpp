// The scalars and operands of a problem of prefill attention: the one place that spells their names.
#pragma once

#include "reference/common/arguments.hpp"

namespace mlacheck::prefill_context {

struct Parameters {
  std::int64_t chunk = 1;
  std::int64_t ranks = 1;
  std::int64_t interleave = 1;
  std::int64_t max_context = 0;     ///< no request has more
  std::int64_t context_tokens = 0;  ///< C: later tokens have no context
  double scale = 1;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("chunk", chunk);
    bind("ranks", ranks);
    bind("interleave", interleave);
    bind("max_context", max_context);
    bind("prefill_tokens_with_context", context_tokens);
    bind("scale", scale);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& q() const { return problem.operand("q"); }
  reference::OperandIn<P>& new_kv() const { return problem.operand("new_kv"); }
  reference::OperandIn<P>& kv() const { return problem.operand("kv"); }
  reference::OperandIn<P>& w() const { return problem.operand("w"); }
  reference::OperandIn<P>& query_start_loc() const { return problem.operand("query_start_loc"); }
  reference::OperandIn<P>& block_table() const { return problem.operand("block_table"); }
  reference::OperandIn<P>& context_lens() const { return problem.operand("context_lens"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }

  std::int64_t tokens() const { return q().layout.shape[0]; }
  std::int64_t heads() const { return q().layout.shape[1]; }
  std::int64_t depth() const { return q().layout.shape[2]; }
  std::int64_t width() const { return out().layout.shape[2]; }
  std::int64_t latent() const { return w().layout.shape[1]; }
  std::int64_t expanded() const { return w().layout.shape[2]; }
  std::int64_t nope() const { return expanded() - width(); }
  std::int64_t columns() const { return new_kv().layout.shape[1]; }
  std::int64_t requests() const { return query_start_loc().layout.shape[0] - 1; }
};

}  // namespace mlacheck::prefill_context
