#include <cmath>

#include "bench/layer_problem.hpp"
#include "bench/problem_operands.hpp"
#include "harness/values/quotient.hpp"

namespace mlacheck::bench {

Problem decode_problem(const DecodeShape& s) {
  const std::int64_t tokens = s.requests * s.tokens;
  const std::int64_t columns = rounded_up_quotient(s.keys, kPage);
  Problem problem;
  problem.operands = {
      dense_input("q_nope", DType::bf16, {tokens, s.heads, kNope}),
      dense_input("q_rope", DType::bf16, {tokens, s.heads, kRope}),
      dense_input("kv", DType::bf16, {s.requests * columns, kPage, kLatent + kRope}),
      dense_input("w_uk", DType::bf16, {s.heads, kNope, kLatent}),
      dense_input("w_uv", DType::bf16, {s.heads, kLatent, kValues}),
      integer_input("seq_lens", {s.requests}, s.keys, 0),
      integer_input("block_table", {s.requests, columns}, 0, 1),
      integer_input("decode_lens", {s.requests}, s.tokens, 0),
      integer_input("query_start_loc", {s.requests}, 0, s.tokens),
      dense_output("out", DType::bf16, {tokens, s.heads, kValues})};
  problem.integers = {{"decode_tokens", tokens},
                      {"min_decode_len", s.tokens},
                      {"max_decode_len", s.tokens},
                      {"lens_exact", 1},
                      {"splits", s.splits}};
  problem.reals = {{"scale", 1 / std::sqrt(static_cast<double>(kNope + kRope))}};
  return problem;
}

}  // namespace mlacheck::bench
