// Steps of layers in plain fp32, right ones and wrong ones: what `--piece` takes from a library.
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/hostile/merge.hpp"
#include "tests/pieces/quantized.hpp"

namespace pieces {
namespace {

float& element(const DLTensor* tensor, std::int64_t i, std::int64_t j, std::int64_t k) {
  return static_cast<float*>(
      tensor->data)[i * stride(*tensor, 0) + j * stride(*tensor, 1) + k * stride(*tensor, 2)];
}

std::int32_t number(const DLTensor* tensor, std::int64_t i) {
  return static_cast<std::int32_t*>(tensor->data)[i * stride(*tensor, 0)];
}

bool is_float(const DLTensor* tensor) {
  return mlacheck::adapt::type_of(*tensor) == mlacheck::adapt::Type::f32;
}

mlacheck_status merge(void*, const mlacheck_call* call, mlacheck_context* context) {
  return hostile::merge(call, context);
}

// The LSE that it hands on counts the suffix twice.
mlacheck_status merge_counts_twice(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  const DLTensor* const lse = find(call, "lse_out");
  if (status != MLACHECK_OK || lse == nullptr) return status;
  for (std::int64_t h = 0; h < lse->shape[0]; ++h) {
    for (std::int64_t t = 0; t < lse->shape[1]; ++t) *hostile::at(lse, h, t) += std::log(2.0F);
  }
  return status;
}

mlacheck_status product(const mlacheck_call* call, mlacheck_context* context, bool one_head) {
  const DLTensor* const x = find(call, "x");
  const DLTensor* const w = find(call, "w");
  const DLTensor* const out = find(call, "out");
  if (!is_float(out)) {
    context->set_error(context, "only fp32");
    return MLACHECK_UNSUPPORTED;
  }
  for (std::int64_t t = 0; t < out->shape[0]; ++t) {
    for (std::int64_t h = 0; h < out->shape[1]; ++h) {
      for (std::int64_t v = 0; v < out->shape[2]; ++v) {
        float sum = 0;
        for (std::int64_t l = 0; l < x->shape[2]; ++l) {
          sum += element(x, t, h, l) * element(w, one_head ? 0 : h, l, v);
        }
        element(out, t, h, v) = sum;
      }
    }
  }
  return MLACHECK_OK;
}

mlacheck_status product_of_heads(void*, const mlacheck_call* call, mlacheck_context* context) {
  return product(call, context, false);
}

mlacheck_status product_of_first_head(void*, const mlacheck_call* call, mlacheck_context* context) {
  return product(call, context, true);
}

double real_of(const mlacheck_call* call, const char* name) {
  for (std::int32_t i = 0; i < call->real_count; ++i) {
    if (std::string(call->reals[i].name) == name) return call->reals[i].value;
  }
  return 1;
}

// Without a mask: a layer calls it so.
mlacheck_status attend(void*, const mlacheck_call* call, mlacheck_context* context) {
  const DLTensor* const q = find(call, "q");
  const DLTensor* const kv = find(call, "kv");
  const DLTensor* const starts = find(call, "query_start_loc");
  const DLTensor* const table = find(call, "block_table");
  const DLTensor* const lengths = find(call, "seq_lens");
  const DLTensor* const out = find(call, "out");
  const DLTensor* const lse = find(call, "lse_out");
  if (!is_float(out)) {
    context->set_error(context, "only fp32");
    return MLACHECK_UNSUPPORTED;
  }
  const auto scale = static_cast<float>(real_of(call, "scale"));
  const std::int64_t page = kv->shape[1];
  for (std::int64_t r = 0; r < lengths->shape[0]; ++r) {
    const std::int64_t length = number(lengths, r);
    for (std::int64_t row = number(starts, r); row < number(starts, r + 1); ++row) {
      for (std::int64_t h = 0; h < q->shape[1]; ++h) {
        float most = -std::numeric_limits<float>::infinity();
        std::vector<float> logits;
        std::vector<std::int64_t> pages;
        for (std::int64_t key = 0; key < length; ++key) {
          pages.push_back(
              static_cast<std::int32_t*>(table->data)[r * stride(*table, 0) + key / page]);
          float sum = 0;
          for (std::int64_t c = 0; c < q->shape[2]; ++c) {
            sum += element(q, row, h, c) * element(kv, pages.back(), key % page, c);
          }
          logits.push_back(scale * sum);
          most = std::fmax(most, logits.back());
        }
        float mass = 0;
        for (float& logit : logits) mass += logit = std::exp(logit - most);
        for (std::int64_t c = 0; c < out->shape[2]; ++c) {
          float sum = 0;
          for (std::int64_t key = 0; key < length; ++key) {
            const auto at = static_cast<std::size_t>(key);
            sum += logits[at] * element(kv, pages[at], key % page, c);
          }
          element(out, row, h, c) = length > 0 ? sum / mass : 0;
        }
        *hostile::at(lse, row, h) = length > 0 ? most + std::log(mass) : most;
      }
    }
  }
  return MLACHECK_OK;
}

mlacheck_subject limited(mlacheck_subject subject, const char* domain) {
  subject.domain = domain;
  return subject;
}

}  // namespace
}  // namespace pieces

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  using hostile::subject;
  static const mlacheck_subject merges[]{
#ifdef MLACHECK_UNFIT_PIECE
      pieces::limited(subject("wants_dense", &pieces::merge), "layout=dense"),
      pieces::limited(subject("wants_aligned", &pieces::merge_counts_twice), "align=16")};
#else
      subject("right", &pieces::merge), subject("counts_twice", &pieces::merge_counts_twice)};
#endif
  static const mlacheck_subject products[]{
      pieces::limited(subject("right", &pieces::product_of_heads), "dtype=f32 latent<=64"),
      subject("first_head", &pieces::product_of_first_head),
      pieces::limited(subject("bf16", &pieces::product_bf16), "dtype=bf16 values!=special,alone"),
      pieces::limited(subject("bf16_short", &pieces::product_bf16_short),
                      "dtype=bf16 values!=special,alone")};
  static const mlacheck_subject attentions[]{
      pieces::limited(subject("right", &pieces::attend), "dtype=f32 causal=0")};
  constexpr const char* kMxfp4 =
      "form=a16wfp4,afp4wfp4 out_dtype=bf16 x_dtype=bf16 values!=special,alone";
  static const mlacheck_subject quantized_products[]{
      pieces::limited(subject("right", &pieces::mxfp4_bmm), kMxfp4),
      pieces::limited(subject("first_scale", &pieces::mxfp4_bmm_first_scale), kMxfp4)};
  constexpr const char* kBlocks = "form=mxfp4 dtype=bf16 special_block=launder finite_values";
  static const mlacheck_subject quantizers[]{
      pieces::limited(subject("right", &pieces::flatten), kBlocks),
      pieces::limited(subject("high_first", &pieces::flatten_high_first), kBlocks)};
  static const mlacheck_table tables[]{
      {"merge_states", "cpu", 0, static_cast<std::int32_t>(std::size(merges)), nullptr, merges},
      {"strided_bmm", "cpu", 0, static_cast<std::int32_t>(std::size(products)), nullptr, products},
      {"mla_decode", "cpu", 0, 1, nullptr, attentions},
      {"quantized_bmm", "cpu", 0, 2, nullptr, quantized_products},
      {"flatten_quant", "cpu", 0, 2, nullptr, quantizers}};
  static const mlacheck_plugin plugin{MLACHECK_SUBJECT_VERSION, 5, tables};
  return &plugin;
}
