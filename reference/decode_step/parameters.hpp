// The scalars and operands of a problem of a decode step: the one place that spells their names.
#pragma once

#include "reference/common/arguments.hpp"

namespace mlacheck::decode_step {

struct Parameters {
  std::int64_t decode_tokens = 0;  ///< the sum of the decode lengths, as the host knows them
  std::int64_t min_decode_len = 0;
  std::int64_t max_decode_len = 0;
  bool lens_exact = true;  ///< what the host knows is what the device has
  std::int64_t splits = 1;
  double scale = 1;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("decode_tokens", decode_tokens);
    bind("min_decode_len", min_decode_len);
    bind("max_decode_len", max_decode_len);
    bind("lens_exact", lens_exact);
    bind("splits", splits);
    bind("scale", scale);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& q_nope() const { return problem.operand("q_nope"); }
  reference::OperandIn<P>& q_rope() const { return problem.operand("q_rope"); }
  reference::OperandIn<P>& kv() const { return problem.operand("kv"); }
  reference::OperandIn<P>& w_uk() const { return problem.operand("w_uk"); }
  reference::OperandIn<P>& w_uv() const { return problem.operand("w_uv"); }
  reference::OperandIn<P>& seq_lens() const { return problem.operand("seq_lens"); }
  reference::OperandIn<P>& block_table() const { return problem.operand("block_table"); }
  reference::OperandIn<P>& decode_lens() const { return problem.operand("decode_lens"); }
  reference::OperandIn<P>& query_start_loc() const { return problem.operand("query_start_loc"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }

  std::int64_t tokens() const { return q_nope().layout.shape[0]; }
  std::int64_t heads() const { return q_nope().layout.shape[1]; }
  std::int64_t nope() const { return q_nope().layout.shape[2]; }
  std::int64_t rope() const { return q_rope().layout.shape[2]; }
  std::int64_t latent() const { return w_uk().layout.shape[2]; }
  std::int64_t depth() const { return latent() + rope(); }
  std::int64_t width() const { return out().layout.shape[2]; }
  std::int64_t requests() const { return seq_lens().layout.shape[0]; }
  std::int64_t columns() const { return block_table().layout.shape[1]; }
  std::int64_t page() const { return kv().layout.shape[1]; }
};

}  // namespace mlacheck::decode_step
