// The scalars and operands of a problem of the expansion: the one place that spells their names.
#pragma once

#include "reference/common/arguments.hpp"

namespace mlacheck::decode_expansion {

struct Parameters {
  std::int64_t tokens = 0;         ///< rows of the step, padding included
  std::int64_t decode_tokens = 0;  ///< the sum of the decode lengths, as the host knows them
  std::int64_t min_decode_len = 0;
  std::int64_t max_decode_len = 0;
  bool lens_exact = true;  ///< what the host knows is what the device has
  std::int64_t page_size = 1;
  std::int64_t pool_pages = 0;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("tokens", tokens);
    bind("decode_tokens", decode_tokens);
    bind("min_decode_len", min_decode_len);
    bind("max_decode_len", max_decode_len);
    bind("lens_exact", lens_exact);
    bind("page_size", page_size);
    bind("pool_pages", pool_pages);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& seq_lens() const { return problem.operand("seq_lens"); }
  reference::OperandIn<P>& block_table() const { return problem.operand("block_table"); }
  reference::OperandIn<P>& decode_lens() const { return problem.operand("decode_lens"); }
  reference::OperandIn<P>& query_start_loc() const { return problem.operand("query_start_loc"); }
  reference::OperandIn<P>& expanded_seq_lens() const {
    return problem.operand("expanded_seq_lens");
  }
  reference::OperandIn<P>& expanded_block_table() const {
    return problem.operand("expanded_block_table");
  }
  reference::OperandIn<P>& expanded_decode_lens() const {
    return problem.operand("expanded_decode_lens");
  }
};

}  // namespace mlacheck::decode_expansion
