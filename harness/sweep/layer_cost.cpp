#include "harness/sweep/layer_cost.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// All of these models have the same columns.
constexpr std::int64_t kNope = 128;
constexpr std::int64_t kRope = 64;
constexpr std::int64_t kLatent = 512;
constexpr std::int64_t kValues = 128;

constexpr std::int64_t kNewTokens = 1024;
constexpr std::int64_t kContext = 16384;
constexpr std::int64_t kChunk = 1024;
constexpr std::int64_t kRequests = 64;
constexpr std::int64_t kTokensOfRequest = 2;
constexpr std::int64_t kDecodeTokens = kRequests * kTokensOfRequest;
constexpr std::int64_t kTableColumns = 512;
constexpr std::int64_t kSplits = 4;

struct PricedCall {
  std::string op;
  std::array<const char*, 2> variants;  // baseline, optimised
  Problem problem;
};

Operand shaped(const char* name, DType dtype, std::vector<std::int64_t> shape) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.layout = Layout::dense(std::move(shape));
  return operand;
}

PricedCall prefill(const LayerModel& model) {
  Problem problem;
  problem.operands = {shaped("q", DType::bf16, {kNewTokens, model.heads, kNope + kRope}),
                      shaped("new_kv", DType::bf16, {kNewTokens, kLatent + kRope}),
                      shaped("w", DType::bf16, {model.heads, kLatent, kNope + kValues}),
                      shaped("query_start_loc", DType::i32, {2}),
                      shaped("out", DType::bf16, {kNewTokens, model.heads, kValues})};
  problem.integers = {{"chunk", kChunk},
                      {"ranks", 1},
                      {"interleave", 1},
                      {"max_context", kContext},
                      {"prefill_tokens_with_context", kNewTokens}};
  problem.reals = {{"scale", 1}};
  return {"prefill_context", {"fresh", "swapped"}, std::move(problem)};
}

PricedCall decode(const LayerModel& model) {
  Problem problem;
  problem.operands = {shaped("q_nope", DType::bf16, {kDecodeTokens, model.heads, kNope}),
                      shaped("q_rope", DType::bf16, {kDecodeTokens, model.heads, kRope}),
                      shaped("w_uk", DType::bf16, {model.heads, kNope, kLatent}),
                      shaped("seq_lens", DType::i32, {kRequests}),
                      shaped("block_table", DType::i32, {kRequests, kTableColumns}),
                      shaped("out", DType::bf16, {kDecodeTokens, model.heads, kValues})};
  problem.integers = {{"decode_tokens", kDecodeTokens},
                      {"min_decode_len", kTokensOfRequest},
                      {"max_decode_len", kTokensOfRequest},
                      {"lens_exact", 1},
                      {"splits", kSplits}};
  problem.reals = {{"scale", 1}};
  return {"decode_step", {"plain", "optimised"}, std::move(problem)};
}

PricedCall output(const LayerModel& model) {
  constexpr std::int64_t kMxfp4 = 1;  // of the scalar `projection`
  Problem problem;
  problem.operands = {shaped("latent_out", DType::bf16, {kDecodeTokens, model.heads, kLatent}),
                      shaped("w_uv", DType::u8, {model.heads, kValues, kLatent / 2}),
                      shaped("values", DType::bf16, {kDecodeTokens, model.heads * kValues}),
                      shaped("out", DType::bf16, {kDecodeTokens, model.hidden})};
  problem.integers = {
      {"product", 0}, {"projection", kMxfp4}, {"group", 32}, {"format", 0}, {"maximum", 448}};
  return {"output_step", {"plain", "optimised"}, std::move(problem)};
}

Cost cost_of(const PricedCall& call, const char* variant) {
  const OpModel& model = *find_op(call.op)->model;
  const std::optional<Cost> cost = model.cost(Case(model.schema()), call.problem, variant);
  if (!cost) throw std::logic_error(call.op + " says no cost of " + variant);
  return *cost;
}

void add(Cost& sum, const Cost& cost) {
  sum.launches += cost.launches;
  sum.allocations += cost.allocations;
  sum.bytes_allocated += cost.bytes_allocated;
  sum.peak_bytes = std::max(sum.peak_bytes, cost.peak_bytes);
  sum.bytes_filled += cost.bytes_filled;
  sum.bytes_copied += cost.bytes_copied;
  sum.synchronizations += cost.synchronizations;
}

}  // namespace

const std::vector<LayerModel>& layer_models() {
  static const std::vector<LayerModel> kModels{{"DeepSeek-V2-Lite", 16, 2048},
                                               {"DeepSeek-V3 or R1, TP1", 128, 7168},
                                               {"DeepSeek-V3 or R1, TP8", 16, 7168},
                                               {"Kimi-K2, TP8", 8, 7168}};
  return kModels;
}

std::string layer_workload() {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  return "prefill_context: " + text(kNewTokens) + " new tokens of a request, " + text(kContext) +
         " of context in " + text(kContext / kChunk) +
         " chunks\n"
         "decode_step: " +
         text(kRequests) + " requests of " + text(kTokensOfRequest) + " tokens, " +
         text(kTableColumns) + " columns of block table, " + text(kSplits) +
         " splits\n"
         "output_step: the " +
         text(kDecodeTokens) + " tokens of that, MXFP4\n";
}

std::vector<LayerCost> layer_costs(const LayerModel& model) {
  std::vector<LayerCost> costs;
  std::array<Cost, 2> together{};
  for (const PricedCall& call : {prefill(model), decode(model), output(model)}) {
    for (std::size_t i = 0; i < call.variants.size(); ++i) {
      costs.push_back({call.op, call.variants[i], cost_of(call, call.variants[i])});
      add(together[i], costs.back().cost);
    }
  }
  costs.push_back({"", "baseline", together[0]});
  costs.push_back({"", "optimised", together[1]});
  return costs;
}

}  // namespace mlacheck
