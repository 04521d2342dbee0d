// Where the keys of a request lie: a block table or CSR page lists, and which rows see which keys.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET::mla_decode {

/// Either block_table (with seq_lens) or the three kv_ arrays are set.
struct KeyMap {
  const std::int32_t* query_start_loc;  // [requests + 1]
  const std::int32_t* seq_lens;         // [requests]
  const std::int32_t* block_table;
  std::int64_t block_table_stride;
  const std::int32_t* kv_indptr;         // [requests + 1], counts pages
  const std::int32_t* kv_indices;        // page ids
  const std::int32_t* kv_last_page_len;  // [requests]
  std::int64_t requests;
  std::int64_t page_size;
  bool causal;

  /// Tokens in the cache of a request, the ones being decoded included.
  MLACHECK_DEVICE std::int64_t length(std::int64_t request) const {
    if (block_table != nullptr) return seq_lens[request];
    const std::int64_t pages = kv_indptr[request + 1] - kv_indptr[request];
    return pages == 0 ? 0 : (pages - 1) * page_size + kv_last_page_len[request];
  }

  /// Only for keys below length(request): entries beyond are not valid page ids.
  MLACHECK_DEVICE std::int64_t page_of(std::int64_t request, std::int64_t key) const {
    const std::int64_t column = key / page_size;
    if (block_table != nullptr) return block_table[request * block_table_stride + column];
    return kv_indices[kv_indptr[request] + column];
  }

  /// The request that owns a row of q, or -1 for a padding row.
  MLACHECK_DEVICE std::int64_t request_of(std::int64_t row) const {
    if (row >= query_start_loc[requests]) return -1;
    std::int64_t low = 0;
    std::int64_t high = requests;  // query_start_loc[low] <= row < query_start_loc[high]
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      if (query_start_loc[middle] <= row) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// Keys that a row sees: bottom-right aligned when causal, never fewer than none.
  MLACHECK_DEVICE std::int64_t visible(std::int64_t request, std::int64_t row) const {
    const std::int64_t keys = length(request);
    if (!causal) return keys;
    const std::int64_t later_tokens = query_start_loc[request + 1] - 1 - row;
    const std::int64_t seen = keys - later_tokens;
    return seen > 0 ? seen : 0;
  }
};

struct KeyRange {
  std::int64_t begin;
  std::int64_t end;
};

/// Part `split` of `splits` of the visible keys. Both stages call this, so they agree on what is
/// empty.
MLACHECK_DEVICE inline KeyRange split_range(std::int64_t visible, std::int64_t splits,
                                            std::int64_t split) {
  const std::int64_t each = (visible + splits - 1) / splits;
  const std::int64_t begin = split * each;
  const std::int64_t end = begin + each;
  return {begin < visible ? begin : visible, end < visible ? end : visible};
}

}  // namespace mlacheck::MLACHECK_TARGET::mla_decode
