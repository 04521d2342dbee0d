#include "bench/layer_sizes.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "harness/text/text.hpp"

namespace mlacheck::bench {
namespace {

const std::vector<std::string>& all_ops() {
  static const std::vector<std::string> kOps{kPrefillOp, kDecodeOp, kOutputOp};
  return kOps;
}

void check_at_least(const char* option, const std::vector<std::int64_t>& values, std::int64_t least,
                    const char* what) {
  for (const std::int64_t value : values) {
    if (value >= least) continue;
    throw std::invalid_argument(std::string(option) + " " + std::to_string(value) +
                                ": expected at least the " + std::to_string(least) + " " + what);
  }
}

}  // namespace

bool LayerSizes::has(const std::string& op) const {
  return std::ranges::find(ops, op) != ops.end();
}

void add_size_options(CLI::App& app, LayerSizes& sizes) {
  constexpr std::int64_t kMost = 1 << 20;
  constexpr std::int64_t kMostChunks = 1024;
  add_repeatable(app, "--op", "OP", sizes.ops,
                 "Only this one of prefill_context, decode_step and output_step");
  add_whole_list(app, "--heads", sizes.heads, 1, kMost,
                 "Heads of a rank (default: 8, 16 and 128; on the CPU 2)");
  add_whole_list(app, "--requests", sizes.requests, 1, kMost,
                 "Requests of a step (default: 1, 16 and 64, of a prefill 1 and 4; on the CPU 2)");
  add_whole_list(app, "--keys", sizes.keys, 1, kMost,
                 "decode_step: cached tokens of a request (default: 1024 and 8192; on the CPU 5)");
  add_whole(app, "--tokens", sizes.tokens, 1, kMost,
            "decode_step, output_step: tokens of a request in the step (default: 1)");
  add_whole(app, "--splits", sizes.splits, 1, kMost, "decode_step: parts of the keys (default: 4)");
  add_whole_list(
      app, "--context", sizes.context, 1, kMost,
      "prefill_context: cached tokens of a request (default: 1024 and 4096; on the CPU 4)");
  add_whole(app, "--new-tokens", sizes.new_tokens, 1, kMost,
            "prefill_context: new tokens of a request (default: 16; on the CPU 1)");
  add_whole(app, "--chunks", sizes.chunks, 1, kMostChunks,
            "prefill_context: chunks of the context (default: 4)");
  add_whole(app, "--hidden", sizes.hidden, 1, kMost,
            "output_step: columns of the projection (default: 7168; on the CPU 64)");
}

// On a GPU the heads of Kimi-K2 and V3 on eight ranks (V2-Lite has as many as that) and of V3 on one.
void fill_in(LayerSizes& sizes, bool cpu) {
  const auto choose = [cpu](std::vector<std::int64_t>& chosen, std::int64_t on_cpu,
                            std::vector<std::int64_t> on_gpu) {
    if (chosen.empty()) chosen = cpu ? std::vector<std::int64_t>{on_cpu} : std::move(on_gpu);
  };
  if (sizes.ops.empty()) sizes.ops = all_ops();
  sizes.prefill_requests = sizes.requests;
  choose(sizes.prefill_requests, 2, {1, 4});
  choose(sizes.heads, 2, {8, 16, 128});
  choose(sizes.requests, 2, {1, 16, 64});
  choose(sizes.keys, 5, {1024, 8192});
  choose(sizes.context, 4, {1024, 4096});
  if (sizes.new_tokens == 0) sizes.new_tokens = cpu ? 1 : 16;
  if (sizes.hidden == 0) sizes.hidden = cpu ? 64 : 7168;
}

void check(const LayerSizes& sizes) {
  for (const std::string& op : sizes.ops) {
    if (std::ranges::find(all_ops(), op) != all_ops().end()) continue;
    throw std::invalid_argument("--op '" + excerpt(op) + "': " + expected_one_of(op, all_ops()));
  }
  if (sizes.has(kDecodeOp)) {
    check_at_least("--keys", sizes.keys, sizes.tokens, "tokens of a request");
  }
  if (sizes.has(kPrefillOp)) check_at_least("--context", sizes.context, sizes.chunks, "chunks");
}

}  // namespace mlacheck::bench
