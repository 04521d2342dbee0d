// The scalars and operands of a problem of latent decode: the one place that spells their names.
#pragma once

#include "reference/common/arguments.hpp"

namespace mlacheck::mla_decode {

struct Parameters {
  std::int64_t latent = 1;
  std::int64_t splits = 1;
  bool causal = true;
  double scale = 1;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("latent", latent);
    bind("splits", splits);
    bind("causal", causal);
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
  reference::OperandIn<P>& kv() const { return problem.operand("kv"); }
  reference::OperandIn<P>& query_start_loc() const { return problem.operand("query_start_loc"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }
  reference::OperandIn<P>& lse_out() const { return problem.operand("lse_out"); }

  // Of one of the two page maps each.
  bool has_block_table() const { return problem.find("block_table") != nullptr; }
  reference::OperandIn<P>& block_table() const { return problem.operand("block_table"); }
  reference::OperandIn<P>& seq_lens() const { return problem.operand("seq_lens"); }
  reference::OperandIn<P>& kv_indptr() const { return problem.operand("kv_indptr"); }
  reference::OperandIn<P>& kv_indices() const { return problem.operand("kv_indices"); }
  reference::OperandIn<P>& kv_last_page_len() const { return problem.operand("kv_last_page_len"); }
};

}  // namespace mlacheck::mla_decode
