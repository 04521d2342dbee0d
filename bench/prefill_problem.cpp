#include <cmath>

#include "bench/layer_problem.hpp"
#include "bench/problem_operands.hpp"
#include "harness/values/quotient.hpp"

namespace mlacheck::bench {

Problem prefill_problem(const PrefillShape& s) {
  const std::int64_t tokens = s.requests * s.tokens;
  const std::int64_t columns = rounded_up_quotient(s.context, kPage);
  Problem problem;
  problem.operands = {
      dense_input("q", DType::bf16, {tokens, s.heads, kNope + kRope}),
      dense_input("new_kv", DType::bf16, {tokens, kLatent + kRope}),
      dense_input("kv", DType::bf16, {s.requests * columns, kPage, kLatent + kRope}),
      dense_input("w", DType::bf16, {s.heads, kLatent, kNope + kValues}),
      integer_input("query_start_loc", {s.requests + 1}, 0, s.tokens),
      integer_input("block_table", {s.requests, columns}, 0, 1),
      integer_input("context_lens", {s.requests}, s.context, 0),
      dense_output("out", DType::bf16, {tokens, s.heads, kValues})};
  problem.integers = {{"chunk", rounded_up_quotient(s.context, s.chunks)},
                      {"ranks", 1},
                      {"interleave", 1},
                      {"max_context", s.context},
                      {"prefill_tokens_with_context", tokens}};
  problem.reals = {{"scale", 1 / std::sqrt(static_cast<double>(kNope + kRope))}};
  return problem;
}

}  // namespace mlacheck::bench
