#include "bench/layer_tables.hpp"

#include "bench/layer_problem.hpp"

namespace mlacheck::bench {
namespace {

LayerTable prefill_table(const LayerSizes& sizes) {
  LayerTable table{.op = kPrefillOp,
                   .title = kPrefillOp,
                   .fixed = std::to_string(sizes.new_tokens) + " new tokens of a request, " +
                            std::to_string(sizes.chunks) + " chunks",
                   .baseline = "fresh",
                   .optimised = "swapped",
                   .size_names = {"heads", "requests", "context"},
                   .calls = {}};
  for (const std::int64_t heads : sizes.heads) {
    for (const std::int64_t requests : sizes.prefill_requests) {
      for (const std::int64_t context : sizes.context) {
        table.calls.push_back(
            {{heads, requests, context},
             prefill_problem({heads, requests, sizes.new_tokens, context, sizes.chunks})});
      }
    }
  }
  return table;
}

LayerTable decode_table(const LayerSizes& sizes) {
  LayerTable table{.op = kDecodeOp,
                   .title = kDecodeOp,
                   .fixed = std::to_string(sizes.tokens) + " tokens of a request, " +
                            std::to_string(sizes.splits) + " splits",
                   .baseline = "plain",
                   .optimised = "optimised",
                   .size_names = {"heads", "requests", "keys"},
                   .calls = {}};
  for (const std::int64_t heads : sizes.heads) {
    for (const std::int64_t requests : sizes.requests) {
      for (const std::int64_t keys : sizes.keys) {
        table.calls.push_back(
            {{heads, requests, keys},
             decode_problem({heads, requests, sizes.tokens, keys, sizes.splits})});
      }
    }
  }
  return table;
}

LayerTable output_table(const LayerSizes& sizes, OutputForm form, const char* name) {
  LayerTable table{.op = kOutputOp,
                   .title = std::string(kOutputOp) + " " + name,
                   .fixed = std::to_string(sizes.hidden) + " columns",
                   .baseline = "plain",
                   .optimised = "optimised",
                   .size_names = {"heads", "tokens"},
                   .calls = {}};
  for (const std::int64_t heads : sizes.heads) {
    for (const std::int64_t requests : sizes.requests) {
      const std::int64_t tokens = requests * sizes.tokens;
      table.calls.push_back({{heads, tokens}, output_problem({heads, tokens, sizes.hidden, form})});
    }
  }
  return table;
}

}  // namespace

std::vector<LayerTable> layer_tables(const LayerSizes& sizes) {
  std::vector<LayerTable> tables;
  if (sizes.has(kPrefillOp)) tables.push_back(prefill_table(sizes));
  if (sizes.has(kDecodeOp)) tables.push_back(decode_table(sizes));
  if (sizes.has(kOutputOp)) {
    tables.push_back(output_table(sizes, OutputForm::mxfp4, "MXFP4"));
    tables.push_back(output_table(sizes, OutputForm::fp8, "FP8"));
  }
  return tables;
}

}  // namespace mlacheck::bench
