// A correct merge_states in fp32, for subjects that are wrong in one other way.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/hostile/table.hpp"

namespace hostile {

inline float* at(const DLTensor* tensor, std::int64_t i, std::int64_t j) {
  return static_cast<float*>(tensor->data) + i * tensor->strides[0] + j * tensor->strides[1];
}

// Zeros and infinities keep their bits where one side alone counts.
struct Weights {
  bool takes_suffix, takes_prefix, is_nan;
  float prefix, suffix, lse;
};

inline Weights weights_of(float prefix, float suffix, bool has_context) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (!has_context) return {true, false, false, 0, 1, suffix};
  if (std::isnan(prefix) || std::isnan(suffix)) return {false, false, true, 0, 0, NAN};
  if (std::isinf(prefix) && std::isinf(suffix)) return {false, false, false, 0, 0, -kInfinity};
  if (std::isinf(prefix)) return {true, false, false, 0, 1, suffix};
  if (std::isinf(suffix)) return {false, true, false, 1, 0, prefix};
  const float most = std::fmax(prefix, suffix);
  const float p = std::exp(prefix - most);
  const float s = std::exp(suffix - most);
  return {false, false, false, p / (p + s), s / (p + s), most + std::log(p + s)};
}

inline float value_of(const Weights& weights, float prefix, float suffix) {
  if (weights.takes_suffix) return suffix;
  if (weights.takes_prefix) return prefix;
  if (weights.is_nan) return NAN;
  if (weights.prefix == 0 && weights.suffix == 0) return 0;
  return prefix * weights.prefix + suffix * weights.suffix;
}

/// `finish` sees every number before it is written.
template <class Finish>
mlacheck_status merge(const mlacheck_call* call, mlacheck_context* context, Finish finish) {
  const DLTensor* const prefix = find(call, "prefix_out");
  const DLTensor* const prefix_lse = find(call, "prefix_lse");
  const DLTensor* const suffix = find(call, "suffix_out");
  const DLTensor* const suffix_lse = find(call, "suffix_lse");
  const DLTensor* const out = find(call, "out");
  const DLTensor* const lse = find(call, "lse_out");
  if (out->dtype.code != kDLFloat || out->dtype.bits != 32) {
    context->set_error(context, "only fp32");
    return MLACHECK_UNSUPPORTED;
  }
  const std::int64_t context_tokens = find_integer(call, "prefill_tokens_with_context");
  for (std::int64_t t = 0; t < out->shape[0]; ++t) {
    for (std::int64_t h = 0; h < out->shape[1]; ++h) {
      const bool has_context = t < context_tokens;
      const Weights weights =
          weights_of(has_context ? *at(prefix_lse, h, t) : 0, *at(suffix_lse, h, t), has_context);
      for (std::int64_t d = 0; d < out->shape[2]; ++d) {
        at(out, t, h)[d] =
            finish(value_of(weights, has_context ? at(prefix, t, h)[d] : 0, at(suffix, t, h)[d]));
      }
      if (lse != nullptr) *at(lse, h, t) = finish(weights.lse);
    }
  }
  return MLACHECK_OK;
}

inline mlacheck_status merge(const mlacheck_call* call, mlacheck_context* context) {
  return merge(call, context, [](float value) { return value; });
}

}  // namespace hostile
