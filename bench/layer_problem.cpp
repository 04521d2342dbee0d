#include "bench/layer_problem.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "harness/values/quotient.hpp"
#include "properties/common/operands.hpp"

namespace mlacheck::bench {
namespace {

constexpr std::int64_t kPage = 64;

Operand operand(std::string name, DType dtype, std::vector<std::int64_t> shape) {
  return input_operand(std::move(name), dtype, Layout::dense(std::move(shape)));
}

// Entry i is first + i * step.
Operand integers(std::string name, std::vector<std::int64_t> shape, std::int64_t first,
                 std::int64_t step) {
  Operand result = operand(std::move(name), DType::i32, std::move(shape));
  for (std::int64_t i = 0; i < result.layout.elements(); ++i) {
    result.bits.push_back(static_cast<std::uint32_t>(first + i * step));
  }
  return result;
}

}  // namespace

Problem decode_problem(const LayerShape& s) {
  const std::int64_t tokens = s.requests * s.tokens;
  const std::int64_t columns = rounded_up_quotient(s.keys, kPage);
  Problem problem;
  problem.operands = {operand("q_nope", DType::bf16, {tokens, s.heads, s.nope}),
                      operand("q_rope", DType::bf16, {tokens, s.heads, s.rope}),
                      operand("kv", DType::bf16, {s.requests * columns, kPage, s.latent + s.rope}),
                      operand("w_uk", DType::bf16, {s.heads, s.nope, s.latent}),
                      operand("w_uv", DType::bf16, {s.heads, s.latent, s.values}),
                      integers("seq_lens", {s.requests}, s.keys, 0),
                      integers("block_table", {s.requests, columns}, 0, 1),
                      integers("decode_lens", {s.requests}, s.tokens, 0),
                      integers("query_start_loc", {s.requests}, 0, s.tokens),
                      operand("out", DType::bf16, {tokens, s.heads, s.values})};
  problem.operands.back().access = Access::output;
  problem.integers = {{"decode_tokens", tokens},
                      {"min_decode_len", s.tokens},
                      {"max_decode_len", s.tokens},
                      {"lens_exact", 1},
                      {"splits", s.splits}};
  problem.reals = {{"scale", 1 / std::sqrt(static_cast<double>(s.nope + s.rope))}};
  return problem;
}

}  // namespace mlacheck::bench
