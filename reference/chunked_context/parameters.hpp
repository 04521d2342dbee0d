// The scalars and operands of a problem of the chain of merges: the one place that spells their
// names.
#pragma once

#include <string>

#include "reference/common/arguments.hpp"

namespace mlacheck::chunked_context {

struct Parameters {
  std::int64_t chunks = 1;
  std::int64_t context_tokens = 0;  ///< C: later tokens take their suffix as it is

  template <class Bind>
  void bind(const Bind& bind) {
    bind("chunks", chunks);
    bind("prefill_tokens_with_context", context_tokens);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }
};

/// Names of the operands of chunk j.
inline std::string chunk_out(std::int64_t j) { return "chunk_out_" + std::to_string(j); }
inline std::string chunk_lse(std::int64_t j) { return "chunk_lse_" + std::to_string(j); }

/// Those besides the chunks.
template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& suffix_out() const { return problem.operand("suffix_out"); }
  reference::OperandIn<P>& suffix_lse() const { return problem.operand("suffix_lse"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }
};

}  // namespace mlacheck::chunked_context
