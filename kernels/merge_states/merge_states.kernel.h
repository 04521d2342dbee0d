// Merge of two partial attention states, per (token, head): with m = max(lp, ls),
//
//   wp = e^(lp-m) / z,  ws = e^(ls-m) / z,  z = e^(lp-m) + e^(ls-m)
//   out = prefix * wp + suffix * ws,  lse_out = m + log z
//
// all in fp32, natural logarithm, one rounding on the store. An LSE of either infinity marks an
// empty side, whose values are never read. Every element goes through merge_rule() and blend(), so
// that all kernels and all layouts give the same bits; blend() spells its fused multiply-add out
// because a compiler that chooses may choose differently in two kernels.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"

namespace mlacheck::MLACHECK_TARGET::merge_states {

inline constexpr unsigned kMergeBlockThreads = 128;
/// Most lanes that share one (token, head). It divides both warp widths.
inline constexpr int kMergeMaxLanes = 32;
inline constexpr int kMergePackBytes = 16;

/// Element (token, head, d) is at token * token_stride + head * head_stride + d, in elements.
template <class E>
struct MergeView {
  E* data;
  std::int64_t token_stride;
  std::int64_t head_stride;

  MLACHECK_DEVICE E* row(std::int64_t token, std::int64_t head) const {
    return data + token * token_stride + head * head_stride;
  }
};

template <class T>
struct MergeParams {
  MergeView<const T> prefix_out;
  MergeView<const float> prefix_lse;
  MergeView<const T> suffix_out;
  MergeView<const float> suffix_lse;
  MergeView<T> out;
  MergeView<float> lse_out;  ///< data may be null
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t width;
  std::int64_t context_tokens;  ///< tokens from here on copy the suffix
  int lanes;                    ///< lanes for each (token, head): a power of two
  bool prefix_packed;           ///< every row starts on a 16-byte boundary
  bool suffix_packed;
  bool out_packed;
};

enum class MergeSource : int { zero, prefix, suffix, blend, nan };

struct MergeRule {
  MergeSource source;
  float prefix_weight;
  float suffix_weight;
  float lse;
};

MLACHECK_DEVICE inline bool is_empty(float lse) { return lse == kInfinity || lse == -kInfinity; }

MLACHECK_DEVICE inline MergeRule merge_rule(float prefix_lse, float suffix_lse) {
  // Before any maximum is taken: fmaxf drops a NaN.
  if (is_nan(prefix_lse) || is_nan(suffix_lse)) return {MergeSource::nan, 0, 0, quiet_nan()};
  const bool no_prefix = is_empty(prefix_lse);
  const bool no_suffix = is_empty(suffix_lse);
  if (no_prefix && no_suffix) return {MergeSource::zero, 0, 0, -kInfinity};
  if (no_prefix) return {MergeSource::suffix, 0, 1, suffix_lse};
  if (no_suffix) return {MergeSource::prefix, 1, 0, prefix_lse};
  const float maximum = prefix_lse > suffix_lse ? prefix_lse : suffix_lse;
  const float prefix_mass = expf(prefix_lse - maximum);
  const float suffix_mass = expf(suffix_lse - maximum);
  const float mass = prefix_mass + suffix_mass;
  return {MergeSource::blend, prefix_mass / mass, suffix_mass / mass, maximum + logf(mass)};
}

// The rule of one (token, head), read from memory.
template <class T>
MLACHECK_DEVICE MergeRule merge_rule_of(const MergeParams<T>& p, std::int64_t token,
                                        std::int64_t head) {
  const float suffix_lse = *p.suffix_lse.row(token, head);
  if (token >= p.context_tokens) return {MergeSource::suffix, 0, 1, suffix_lse};
  return merge_rule(*p.prefix_lse.row(token, head), suffix_lse);
}

MLACHECK_DEVICE inline float blend(const MergeRule& rule, float prefix, float suffix) {
  return canonical(fmaf(suffix, rule.suffix_weight, prefix * rule.prefix_weight));
}

// One thread an element; each reads the LSEs for itself.
template <class T>
struct ScalarMerge {
  static constexpr const char* kName = "scalar_merge";
  using Params = MergeParams<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    // A width of 0 still has an LSE to write.
    const std::int64_t threads = p.width > 0 ? p.width : 1;
    const std::int64_t index =
        static_cast<std::int64_t>(blockIdx.x) * kMergeBlockThreads + threadIdx.x;
    const std::int64_t d = index % threads;
    const std::int64_t head = index / threads % p.heads;
    const std::int64_t token = index / threads / p.heads;
    if (token >= p.tokens) return;
    const MergeRule rule = merge_rule_of(p, token, head);
    if (d == 0 && p.lse_out.data != nullptr) *p.lse_out.row(token, head) = rule.lse;
    if (d >= p.width) return;
    const T* prefix = p.prefix_out.row(token, head) + d;
    const T* suffix = p.suffix_out.row(token, head) + d;
    T* out = p.out.row(token, head) + d;
    switch (rule.source) {
      case MergeSource::prefix:
        *out = *prefix;
        break;
      case MergeSource::suffix:
        *out = *suffix;
        break;
      case MergeSource::zero:
        *out = from_float<T>(0.0f);
        break;
      case MergeSource::nan:
        *out = from_float<T>(quiet_nan());
        break;
      case MergeSource::blend:
        *out = from_float<T>(blend(rule, to_float(*prefix), to_float(*suffix)));
        break;
    }
  }
};

template <class T>
struct alignas(kMergePackBytes) MergePack {
  static constexpr int kElements = kMergePackBytes / static_cast<int>(sizeof(T));
  T element[kMergePackBytes / sizeof(T)];
};

// `count` elements, in one access where the row is aligned and the pack is full.
template <class T>
MLACHECK_DEVICE inline void load_pack(MergePack<T>& pack, const T* from, int count, bool packed) {
  if (packed && count == MergePack<T>::kElements) {
    pack = load_vector<MergePack<T>>(from);
    return;
  }
  for (int i = 0; i < count; ++i) pack.element[i] = from[i];
}

template <class T>
MLACHECK_DEVICE inline void store_pack(T* to, const MergePack<T>& pack, int count, bool packed) {
  if (packed && count == MergePack<T>::kElements) {
    store_vector(to, pack);
    return;
  }
  for (int i = 0; i < count; ++i) to[i] = pack.element[i];
}

// `lanes` neighbouring lanes share one (token, head): the first reads the LSEs and hands the
// weights round; each then takes every `lanes`-th pack of 16 bytes.
template <class T>
struct VectorizedMerge {
  static constexpr const char* kName = "vectorized_merge";
  using Params = MergeParams<T>;
  using Pack = MergePack<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const int thread = static_cast<int>(threadIdx.x);
    const int lane = thread % p.lanes;
    const std::int64_t groups = static_cast<int>(kMergeBlockThreads) / p.lanes;
    const std::int64_t group = static_cast<std::int64_t>(blockIdx.x) * groups + thread / p.lanes;
    const std::int64_t token = group / p.heads;
    const std::int64_t head = group % p.heads;
    const bool present = token < p.tokens;  // absent lanes still take part in the shuffles
    MergeRule rule{MergeSource::zero, 0, 0, 0};
    if (present && lane == 0) {
      rule = merge_rule_of(p, token, head);
      if (p.lse_out.data != nullptr) *p.lse_out.row(token, head) = rule.lse;
    }
    const int source = __shfl_sync(kFullMask, static_cast<int>(rule.source), 0, p.lanes);
    rule.source = static_cast<MergeSource>(source);
    rule.prefix_weight = __shfl_sync(kFullMask, rule.prefix_weight, 0, p.lanes);
    rule.suffix_weight = __shfl_sync(kFullMask, rule.suffix_weight, 0, p.lanes);
    if (!present) return;
    const T* prefix = p.prefix_out.row(token, head);
    const T* suffix = p.suffix_out.row(token, head);
    T* out = p.out.row(token, head);
    for (std::int64_t d = lane * Pack::kElements; d < p.width; d += p.lanes * Pack::kElements) {
      const std::int64_t rest = p.width - d;
      const int count = rest < Pack::kElements ? static_cast<int>(rest) : Pack::kElements;
      merge_pack(p, rule, prefix + d, suffix + d, out + d, count);
    }
  }

 private:
  static MLACHECK_DEVICE void merge_pack(const Params& p, const MergeRule& rule, const T* prefix,
                                         const T* suffix, T* out, int count) {
    Pack result;
    Pack other;
    switch (rule.source) {
      case MergeSource::prefix:
        load_pack(result, prefix, count, p.prefix_packed);
        break;
      case MergeSource::suffix:
        load_pack(result, suffix, count, p.suffix_packed);
        break;
      case MergeSource::zero:
        for (int i = 0; i < count; ++i) result.element[i] = from_float<T>(0.0f);
        break;
      case MergeSource::nan:
        for (int i = 0; i < count; ++i) result.element[i] = from_float<T>(quiet_nan());
        break;
      case MergeSource::blend:
        load_pack(result, prefix, count, p.prefix_packed);
        load_pack(other, suffix, count, p.suffix_packed);
        for (int i = 0; i < count; ++i) {
          result.element[i] =
              from_float<T>(blend(rule, to_float(result.element[i]), to_float(other.element[i])));
        }
        break;
    }
    store_pack(out, result, count, p.out_packed);
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::merge_states
