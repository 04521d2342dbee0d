// DecodeSplit as a pipeline: while a block works on one tile of keys, the next is on its way to
// shared memory by asynchronous copies. Same tiles and arithmetic, so the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/async_fetch.h"
#include "kernels/mla_decode/mla_decode.kernel.h"

namespace mlacheck::MLACHECK_TARGET::mla_decode {

/// Bytes of dynamic shared memory, for keys of elements of so many bytes.
inline std::size_t async_dynamic_bytes(std::size_t element, std::size_t latent, std::size_t depth) {
  const std::size_t packs = (depth * element - 1) / kFetchBytes + 1;
  return sizeof(float) * kDecodeHeads * (depth + latent) + 2 * kDecodeKeys * packs * kFetchBytes;
}

template <class T>
struct AsyncDecodeSplit : DecodeSplit<T> {
  static constexpr const char* kName = "async_decode_split";
  using Split = DecodeSplit<T>;
  using typename Split::Params;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, memory);
    MLACHECK_SHARED(float, scores, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, weights, [kDecodeHeads][kDecodeKeys]);
    MLACHECK_SHARED(float, rescale, [kDecodeHeads]);
    const int packs = (p.depth - 1) / kElements + 1;
    const int pitch = packs * kElements;
    float* const q_tile = memory;                         // [heads][depth]
    float* const sums = q_tile + kDecodeHeads * p.depth;  // [heads][latent]
    // [2][keys][pitch]; four rows of floats are whole packs.
    T* const k_tiles = reinterpret_cast<T*>(sums + kDecodeHeads * p.latent);

    const std::int64_t block = blockIdx.x;
    const std::int64_t split = block % p.splits;
    const std::int64_t first_head = block / p.splits % p.head_groups * kDecodeHeads;
    const std::int64_t row = block / p.splits / p.head_groups;
    const int thread = static_cast<int>(threadIdx.x);
    const std::int64_t request = p.map.request_of(row);
    if (request < 0) return;  // the whole block: a padding row
    const KeyRange keys = split_range(p.map.visible(request, row), p.splits, split);

    T* k_tile = k_tiles;
    T* next_tile = k_tiles + kDecodeKeys * pitch;
    if (keys.begin < keys.end) fetch_keys(p, request, keys.begin, keys.end, packs, k_tile);
    Split::load_queries(p, row, first_head, thread, q_tile);
    for (int i = thread; i < kDecodeHeads * p.latent; i += kDecodeThreads) sums[i] = 0;
    // Each thread keeps the running maximum and mass of the head whose scores it computes.
    const int head = thread / kDecodeKeys;
    const int slot = thread % kDecodeKeys;
    float maximum = -kInfinity;
    float mass = 0;
    for (std::int64_t first = keys.begin; first < keys.end; first += kDecodeKeys) {
      if (first + kDecodeKeys < keys.end) {
        fetch_keys(p, request, first + kDecodeKeys, keys.end, packs, next_tile);
        async_wait<1>();  // this tile has landed; the next one may be on its way
      } else {
        async_wait<0>();
      }
      __syncthreads();
      scores[head][slot] = first + slot < keys.end
                               ? Split::score(p, q_tile + head * p.depth, k_tile + slot * pitch)
                               : -kInfinity;
      __syncthreads();
      Split::softmax_step(scores, thread, maximum, mass, weights, rescale);
      __syncthreads();
      Split::accumulate(p, thread, weights, rescale, k_tile, pitch, sums);
      __syncthreads();  // the next round fetches into this tile
      T* const free_tile = k_tile;
      k_tile = next_tile;
      next_tile = free_tile;
    }
    Split::share_masses(thread, maximum, mass, weights);
    for (int h = 0; h < kDecodeHeads && first_head + h < p.heads; ++h) {
      Split::store(p, row, first_head + h, split, thread, weights[h][0], weights[h][1],
                   sums + h * p.latent);
    }
  }

 private:
  static constexpr int kElements = kFetchElements<T>;

  // Keys past the end are zero. The filling behind a key's columns is left as it is.
  static MLACHECK_DEVICE void fetch_keys(const Params& p, std::int64_t request, std::int64_t first,
                                         std::int64_t end, int packs, T* tile) {
    for (int i = static_cast<int>(threadIdx.x); i < kDecodeKeys * packs; i += kDecodeThreads) {
      const std::int64_t key = first + i / packs;
      const int column = i % packs * kElements;
      T* const to = tile + i * kElements;
      if (key >= end) {  // the table has no entry for it
        for (int e = 0; e < kElements; ++e) to[e] = T{};
        continue;
      }
      const T* const from = p.kv + p.map.page_of(request, key) * p.page_stride +
                            key % p.map.page_size * p.token_stride + column;
      if (column + kElements <= p.depth) {
        fetch_pack(to, from);
      } else {
        for (int e = 0; column + e < p.depth; ++e) fetch_element(to + e, from + e);
      }
    }
    async_commit();
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::mla_decode
