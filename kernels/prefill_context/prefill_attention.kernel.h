// Attention of every query of a prefill step to the keys of its request in one buffer, with its LSE.
//
//   s_j = scale * sum over c of q[t,h,c] k[j,h,c],  p = softmax(s),  out[t,h,:] = sum over j of p_j v[j,h,:]
//
// in fp32, natural logarithm. A query without keys has out +0 and lse -inf. The online softmax is that
// of mla_decode: tiles of 16 keys, in order.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/mla_decode/mla_decode.kernel.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

using mla_decode::kDecodeHeads;
using mla_decode::kDecodeKeys;
using mla_decode::kDecodeThreads;

/// One block for each (query, group of heads). Keys and values differ from head to head, so nothing but
/// the query is staged.
template <class T>
struct PrefillAttention : mla_decode::DecodeSplit<T> {
  static constexpr const char* kName = "prefill_attention";
  using Split = mla_decode::DecodeSplit<T>;

  struct Params {
    mla_decode::KeyMap queries;      // query_start_loc and requests
    const std::int32_t* row_starts;  // [requests + 1]: rows of keys and values of each request
    bool causal;                     // a query sees the rows up to its own number
    mla_decode::RowView<const T> q;
    mla_decode::RowView<const T> keys;
    mla_decode::RowView<const T> values;
    mla_decode::RowView<T> out;
    mla_decode::RowView<float> lse;  // data may be null
    std::int64_t heads;
    std::int64_t head_groups;
    int depth;
    int width;
    float scale;
  };

  /// Floats of dynamic shared memory.
  static std::size_t shared_floats(std::int64_t depth, std::int64_t width) {
    return kDecodeHeads * static_cast<std::size_t>(depth + width);
  }

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, memory);
    MLACHECK_SHARED(float, scores, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, weights, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, rescale, [kDecodeHeads]);
    float* const q_tile = memory;                         // [heads][depth]
    float* const sums = q_tile + kDecodeHeads * p.depth;  // [heads][width]

    const std::int64_t first_head = blockIdx.x % p.head_groups * kDecodeHeads;
    const std::int64_t token = blockIdx.x / p.head_groups;
    const int thread = static_cast<int>(threadIdx.x);
    const std::int64_t request = p.queries.request_of(token);
    if (request < 0) return;  // the whole block
    const std::int64_t begin = p.row_starts[request];
    const std::int64_t end = p.causal ? token + 1 : p.row_starts[request + 1];

    for (int h = 0; h < kDecodeHeads; ++h) {
      const bool present = first_head + h < p.heads;
      for (int c = thread; c < p.depth; c += kDecodeThreads) {
        q_tile[h * p.depth + c] = present ? to_float(p.q.at(token, first_head + h)[c]) : 0.0F;
      }
    }
    for (int i = thread; i < kDecodeHeads * p.width; i += kDecodeThreads) sums[i] = 0;
    // Each thread keeps the running maximum and mass of the head whose scores it computes.
    const int head = thread / kDecodeKeys;
    const int slot = thread % kDecodeKeys;
    float maximum = -kInfinity;
    float mass = 0;
    for (std::int64_t first = begin; first < end; first += kDecodeKeys) {
      __syncthreads();  // queries and sums are there; the last round is done with its weights
      const bool counts = first + slot < end && first_head + head < p.heads;
      scores[head][slot] =
          counts ? score(p, q_tile + head * p.depth, p.keys.at(first + slot, first_head + head))
          : first + slot < end ? 0.0F  // of a head that does not exist
                               : -kInfinity;
      __syncthreads();
      Split::softmax_step(scores, thread, maximum, mass, weights, rescale);
      __syncthreads();
      accumulate(p, thread, first_head, first, end, weights, rescale, sums);
    }
    __syncthreads();
    Split::share_masses(thread, maximum, mass, weights);
    for (int h = 0; h < kDecodeHeads && first_head + h < p.heads; ++h) {
      store(p, token, first_head + h, thread, weights[h][0], weights[h][1], sums + h * p.width);
    }
  }

 private:
  static MLACHECK_DEVICE float score(const Params& p, const float* q, const T* key) {
    float dot = 0;
    for (int c = 0; c < p.depth; ++c) dot += q[c] * to_float(key[c]);
    return dot * p.scale;
  }

  static MLACHECK_DEVICE void accumulate(const Params& p, int thread, std::int64_t first_head,
                                         std::int64_t first, std::int64_t end,
                                         const mla_decode::TileOfScores& weights,
                                         const float (&rescale)[kDecodeHeads], float* sums) {
    for (int h = 0; h < kDecodeHeads && first_head + h < p.heads; ++h) {
      for (int c = thread; c < p.width; c += kDecodeThreads) {
        float sum = sums[h * p.width + c] * rescale[h];
        for (int k = 0; k < kDecodeKeys && first + k < end; ++k) {
          sum += weights[h][k] * to_float(p.values.at(first + k, first_head + h)[c]);
        }
        sums[h * p.width + c] = sum;
      }
    }
  }

  static MLACHECK_DEVICE void store(const Params& p, std::int64_t token, std::int64_t head,
                                    int thread, float mass, float lse, const float* sums) {
    if (thread == 0 && p.lse.data != nullptr) *p.lse.at(token, head) = lse;
    T* const out = p.out.at(token, head);
    for (int c = thread; c < p.width; c += kDecodeThreads) {
      out[c] = from_float<T>(mass == 0 ? 0.0F : sums[c] / mass);
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
