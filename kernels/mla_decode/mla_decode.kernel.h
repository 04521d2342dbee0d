// MLA decode in absorbed form over a paged latent cache, split over the keys in two stages.
//
//   s_t = scale * sum over c of q[row,h,c] kv[t,c],  p = softmax(s over visible t),
//   out[row,h,:] = sum over t of p_t kv[t, :latent],  lse = log sum over t of e^(s_t)
//
// all in fp32, natural logarithm. A row that sees no key has out +0 and lse -inf.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/mla_decode/key_map.h"

namespace mlacheck::MLACHECK_TARGET::mla_decode {

inline constexpr int kDecodeThreads = 64;
inline constexpr int kDecodeHeads = 4;  // heads that share a block, and each key that it loads
inline constexpr int kDecodeKeys = 16;  // keys in a tile
static_assert(kDecodeHeads * kDecodeKeys == kDecodeThreads, "one thread a score");

using TileOfScores = float[kDecodeHeads][kDecodeKeys];

/// Element (row, head, c) of q, out or the partial results.
template <class E>
struct RowView {
  E* data;
  std::int64_t row_stride;
  std::int64_t head_stride;

  MLACHECK_DEVICE E* at(std::int64_t row, std::int64_t head) const {
    return data + row * row_stride + head * head_stride;
  }
};

/// Stage 1: one block for each (row, group of heads, split) runs an online softmax over the tiles
/// of its keys. With one split it writes the result; else a normalised partial and its LSE. The
/// partial of an empty split has LSE -inf and values that nobody wrote.
template <class T>
struct DecodeSplit {
  static constexpr const char* kName = "decode_split";

  struct Params {
    KeyMap map;
    RowView<const T> q;
    const T* kv;
    std::int64_t page_stride;
    std::int64_t token_stride;
    RowView<T> out;      // one split
    RowView<float> lse;  // one split
    float* partial_out;  // [rows, heads, splits, latent]
    float* partial_lse;  // [rows, heads, splits]
    std::int64_t heads;
    std::int64_t head_groups;
    std::int64_t splits;
    int latent;
    int depth;  // latent + rope
    float scale;
  };

  /// Bytes of the shared arrays that the kernel declares.
  static constexpr std::size_t kStaticSharedBytes =
      sizeof(float) * (2 * kDecodeHeads * kDecodeKeys + kDecodeHeads);

  /// Floats of dynamic shared memory.
  static std::size_t shared_floats(int latent, int depth) {
    return static_cast<std::size_t>(kDecodeHeads + kDecodeKeys) * static_cast<std::size_t>(depth) +
           static_cast<std::size_t>(kDecodeHeads) * static_cast<std::size_t>(latent);
  }

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, memory);
    MLACHECK_SHARED(float, scores, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, weights, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, rescale, [kDecodeHeads]);
    float* const q_tile = memory;                           // [heads][depth]
    float* const k_tile = q_tile + kDecodeHeads * p.depth;  // [keys][depth]
    float* const sums = k_tile + kDecodeKeys * p.depth;     // [heads][latent]

    const std::int64_t block = blockIdx.x;
    const std::int64_t split = block % p.splits;
    const std::int64_t first_head = block / p.splits % p.head_groups * kDecodeHeads;
    const std::int64_t row = block / p.splits / p.head_groups;
    const int thread = static_cast<int>(threadIdx.x);
    const std::int64_t request = p.map.request_of(row);
    if (request < 0) return;  // the whole block: a padding row
    const KeyRange keys = split_range(p.map.visible(request, row), p.splits, split);

    load_queries(p, row, first_head, thread, q_tile);
    for (int i = thread; i < kDecodeHeads * p.latent; i += kDecodeThreads) sums[i] = 0;
    // Each thread keeps the running maximum and mass of the head whose scores it computes.
    const int head = thread / kDecodeKeys;
    const int slot = thread % kDecodeKeys;
    const float* const head_q = q_tile + head * p.depth;
    float maximum = -kInfinity;
    float mass = 0;
    for (std::int64_t first = keys.begin; first < keys.end; first += kDecodeKeys) {
      load_keys(p, request, first, keys.end, thread, k_tile);
      __syncthreads();
      scores[head][slot] =
          first + slot < keys.end ? score(p, head_q, k_tile + slot * p.depth) : -kInfinity;
      __syncthreads();
      softmax_step(scores, thread, maximum, mass, weights, rescale);
      __syncthreads();
      accumulate(p, thread, weights, rescale, k_tile, p.depth, sums);
      __syncthreads();  // the next tile overwrites keys, scores and weights
    }
    share_masses(thread, maximum, mass, weights);
    for (int h = 0; h < kDecodeHeads && first_head + h < p.heads; ++h) {
      store(p, row, first_head + h, split, thread, weights[h][0], weights[h][1],
            sums + h * p.latent);
    }
  }

 protected:
  static MLACHECK_DEVICE void load_queries(const Params& p, std::int64_t row,
                                           std::int64_t first_head, int thread, float* q_tile) {
    for (int h = 0; h < kDecodeHeads; ++h) {
      const bool present = first_head + h < p.heads;
      for (int c = thread; c < p.depth; c += kDecodeThreads) {
        q_tile[h * p.depth + c] = present ? to_float(p.q.at(row, first_head + h)[c]) : 0.0F;
      }
    }
  }

  static MLACHECK_DEVICE void load_keys(const Params& p, std::int64_t request, std::int64_t first,
                                        std::int64_t end, int thread, float* k_tile) {
    for (int k = 0; k < kDecodeKeys; ++k) {
      const std::int64_t key = first + k;
      const T* from = nullptr;  // the table has no entry for keys past the end
      if (key < end) {
        from = p.kv + p.map.page_of(request, key) * p.page_stride +
               key % p.map.page_size * p.token_stride;
      }
      for (int c = thread; c < p.depth; c += kDecodeThreads) {
        k_tile[k * p.depth + c] = from != nullptr ? to_float(from[c]) : 0.0F;
      }
    }
  }

  /// Key is float, or the type of kv where the tile holds the keys as they are.
  template <class Key>
  static MLACHECK_DEVICE float score(const Params& p, const float* q, const Key* key) {
    float dot = 0;
    for (int c = 0; c < p.depth; ++c) dot += q[c] * to_float(key[c]);
    return dot * p.scale;
  }

  /// The scores of one more tile, of which each thread owns one: the thread's maximum and mass are
  /// those of its head. The first key of a tile is never masked, so the new maximum is finite.
  static MLACHECK_DEVICE void softmax_step(const TileOfScores& scores, int thread, float& maximum,
                                           float& mass, TileOfScores& weights,
                                           float (&rescale)[kDecodeHeads]) {
    const int head = thread / kDecodeKeys;
    const int slot = thread % kDecodeKeys;
    float highest = maximum;
    for (int k = 0; k < kDecodeKeys; ++k) {
      if (scores[head][k] > highest) highest = scores[head][k];
    }
    const float factor = expf(maximum - highest);
    mass *= factor;
    for (int k = 0; k < kDecodeKeys; ++k) mass += expf(scores[head][k] - highest);
    weights[head][slot] = expf(scores[head][slot] - highest);
    if (slot == 0) rescale[head] = factor;
    maximum = highest;
  }

  /// Key k of the tile begins at k_tile + k * pitch.
  template <class Key>
  static MLACHECK_DEVICE void accumulate(const Params& p, int thread, const TileOfScores& weights,
                                         const float (&rescale)[kDecodeHeads], const Key* k_tile,
                                         int pitch, float* sums) {
    for (int c = thread; c < p.latent; c += kDecodeThreads) {
      for (int h = 0; h < kDecodeHeads; ++h) {
        float sum = sums[h * p.latent + c] * rescale[h];
        const Key* const column = k_tile + c;
        for (int k = 0; k < kDecodeKeys; ++k) sum += weights[h][k] * to_float(column[k * pitch]);
        sums[h * p.latent + c] = sum;
      }
    }
  }

  /// Mass and LSE of each head reach all threads through `weights`, which is free now.
  static MLACHECK_DEVICE void share_masses(int thread, float maximum, float mass,
                                           TileOfScores& weights) {
    const int head = thread / kDecodeKeys;
    if (thread % kDecodeKeys == 0) {
      weights[head][0] = mass;
      weights[head][1] = mass == 0 ? -kInfinity : maximum + logf(mass);  // NaN stays NaN
    }
    __syncthreads();
  }

  static MLACHECK_DEVICE void store(const Params& p, std::int64_t row, std::int64_t head,
                                    std::int64_t split, int thread, float mass, float lse,
                                    const float* sums) {
    if (p.splits == 1) {
      if (thread == 0) *p.lse.at(row, head) = lse;
      T* const out = p.out.at(row, head);
      for (int c = thread; c < p.latent; c += kDecodeThreads) {
        out[c] = from_float<T>(mass == 0 ? 0.0F : sums[c] / mass);
      }
      return;
    }
    const std::int64_t part = (row * p.heads + head) * p.splits + split;
    if (thread == 0) p.partial_lse[part] = lse;
    if (mass == 0) return;
    float* const out = p.partial_out + part * p.latent;
    for (int c = thread; c < p.latent; c += kDecodeThreads) out[c] = sums[c] / mass;
  }
};

/// Stage 2: one block for each (row, head) combines the partials by their LSE. A partial with LSE
/// -inf is skipped without a look at its values.
template <class T>
struct DecodeCombine {
  static constexpr const char* kName = "decode_combine";

  struct Params {
    KeyMap map;
    const float* partial_out;
    const float* partial_lse;
    RowView<T> out;
    RowView<float> lse;
    std::int64_t heads;
    std::int64_t splits;
    int latent;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t block = blockIdx.x;
    const std::int64_t head = block % p.heads;
    const std::int64_t row = block / p.heads;
    if (p.map.request_of(row) < 0) return;
    const float* const lse = p.partial_lse + (row * p.heads + head) * p.splits;
    const float* const partial = p.partial_out + (row * p.heads + head) * p.splits * p.latent;
    float highest = -kInfinity;
    bool empty = true;  // a NaN is no empty split: it must reach the result
    for (std::int64_t s = 0; s < p.splits; ++s) {
      highest = lse[s] > highest ? lse[s] : highest;
      empty = empty && lse[s] == -kInfinity;
    }
    float mass = 0;
    for (std::int64_t s = 0; s < p.splits && !empty; ++s) mass += expf(lse[s] - highest);
    const int thread = static_cast<int>(threadIdx.x);
    if (thread == 0) *p.lse.at(row, head) = empty ? -kInfinity : highest + logf(mass);
    T* const out = p.out.at(row, head);
    for (int c = thread; c < p.latent; c += kDecodeThreads) {
      float sum = 0;
      for (std::int64_t s = 0; s < p.splits && !empty; ++s) {
        if (lse[s] != -kInfinity) sum += expf(lse[s] - highest) * partial[s * p.latent + c];
      }
      out[c] = from_float<T>(empty ? 0.0F : sum / mass);
    }
  }
};

/// The fill that the `empty` variant saves.
template <class T>
struct ZeroFill {
  static constexpr const char* kName = "zero_fill";
  static constexpr int kThreads = 128;

  struct Params {
    RowView<T> out;
    std::int64_t rows;
    std::int64_t heads;
    std::int64_t latent;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (index >= p.rows * p.heads * p.latent) return;
    const std::int64_t head = index / p.latent % p.heads;
    const std::int64_t row = index / p.latent / p.heads;
    p.out.at(row, head)[index % p.latent] = from_float<T>(0.0F);
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::mla_decode
