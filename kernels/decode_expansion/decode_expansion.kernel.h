// Decode expansion: a request with n query tokens becomes n rows of one token each, so that a
// decode kernel for single tokens can serve a step with several tokens a request.
//
// Row j (of n) of request r sees the first seq_lens[r] - n + j + 1 tokens, clamped at 0, and reads
// them through a copy of row r of the block table.
#pragma once

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET::decode_expansion {

/// Every request has the same number of tokens: one block a row, and no metadata is read to find
/// the row's request.
struct ExpandUniform {
  static constexpr const char* kName = "expand_uniform";
  static constexpr int kThreads = 128;

  struct Params {
    const std::int32_t* seq_lens;
    const std::int32_t* block_table;
    std::int64_t block_table_stride;
    std::int64_t columns;  // of block_table, not of the destination: those beyond stay untouched
    std::int64_t expanded_rows;  // requests * decode_len; rows from here on are padding
    std::int64_t decode_len;
    std::int32_t* expanded_seq_lens;
    std::int32_t* expanded_block_table;
    std::int64_t expanded_stride;
    std::int32_t* expanded_decode_lens;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t row = blockIdx.x;
    const std::int64_t thread = threadIdx.x;
    std::int32_t* const to = p.expanded_block_table + row * p.expanded_stride;
    if (thread == 0) p.expanded_decode_lens[row] = 1;
    if (row >= p.expanded_rows) {
      if (thread != 0) return;
      p.expanded_seq_lens[row] = 0;
      if (p.columns > 0) to[0] = 0;
      return;
    }
    const std::int64_t request = row / p.decode_len;
    if (thread == 0) {
      const std::int64_t position = row - request * p.decode_len;
      const std::int64_t length = p.seq_lens[request] - p.decode_len + position + 1;
      p.expanded_seq_lens[row] = static_cast<std::int32_t>(length > 0 ? length : 0);
    }
    const std::int32_t* const from = p.block_table + request * p.block_table_stride;
    for (std::int64_t column = thread; column < p.columns; column += kThreads) {
      to[column] = from[column];
    }
  }
};

/// offsets[r] = decode_lens[0] + ... + decode_lens[r-1], and offsets[requests] is the total. One
/// block walks over the requests in chunks. Values saturate at `limit`, the number of rows that
/// exist, so that they fit 32 bits whatever the lengths say.
struct ScanDecodeLens {
  static constexpr const char* kName = "scan_decode_lens";
  static constexpr int kThreads = 128;

  struct Params {
    const std::int32_t* decode_lens;
    std::int64_t requests;
    std::int64_t limit;
    std::int32_t* offsets;  // [requests + 1]
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    constexpr int kWarps = kThreads / kWarpWidth;
    MLACHECK_SHARED(long long, warp_total, [kWarps]);
    const int thread = static_cast<int>(threadIdx.x);
    const int lane = thread % kWarpWidth;
    const int warp = thread / kWarpWidth;
    long long carry = 0;
    for (std::int64_t first = 0; first < p.requests; first += kThreads) {
      const std::int64_t request = first + thread;
      const long long own = request < p.requests ? p.decode_lens[request] : 0;
      long long inclusive = own;
      for (int distance = 1; distance < kWarpWidth; distance *= 2) {
        const long long below =
            __shfl_up_sync(kFullMask, inclusive, static_cast<unsigned>(distance));
        if (lane >= distance) inclusive += below;
      }
      if (lane == kWarpWidth - 1) warp_total[warp] = inclusive;
      __syncthreads();
      long long before = carry;
      for (int w = 0; w < kWarps; ++w) {
        if (w < warp) before += warp_total[w];
        carry += warp_total[w];
      }
      if (request < p.requests) p.offsets[request] = saturate(before + inclusive - own, p.limit);
      __syncthreads();  // the next chunk overwrites warp_total
    }
    if (thread == 0) p.offsets[p.requests] = saturate(carry, p.limit);
  }

 private:
  static MLACHECK_DEVICE std::int32_t saturate(long long value, std::int64_t limit) {
    return static_cast<std::int32_t>(value < limit ? value : limit);
  }
};

/// One thread a row finds the row's request by binary search in the offsets, and writes the row's
/// lengths.
struct AssignRows {
  static constexpr const char* kName = "assign_rows";
  static constexpr int kThreads = 128;
  static constexpr std::int32_t kPadding = -1;

  struct Params {
    const std::int32_t* seq_lens;
    const std::int32_t* decode_lens;
    const std::int32_t* query_start_loc;
    const std::int32_t* offsets;
    std::int64_t requests;
    std::int64_t rows;
    std::int32_t* request_of_row;  // kPadding for a row that belongs to no request
    std::int32_t* expanded_seq_lens;
    std::int32_t* expanded_decode_lens;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t row = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (row >= p.rows) return;
    p.expanded_decode_lens[row] = 1;
    if (row >= p.offsets[p.requests]) {
      p.request_of_row[row] = kPadding;
      p.expanded_seq_lens[row] = 0;
      return;
    }
    const std::int64_t request = owner_of(row, p);
    // query_start_loc counts tokens from the start of the step, where other requests may come
    // first: only distances from its first entry are rows.
    const std::int64_t first_row = std::int64_t{p.query_start_loc[request]} - p.query_start_loc[0];
    const std::int64_t shift =
        std::int64_t{p.seq_lens[request]} - p.decode_lens[request] - first_row;
    const std::int64_t length = shift + row + 1;
    p.request_of_row[row] = static_cast<std::int32_t>(request);
    p.expanded_seq_lens[row] = static_cast<std::int32_t>(length > 0 ? length : 0);
  }

 private:
  // The last request whose offset is at most `row`. Requests without tokens share the offset of
  // their successor, so the last one is the one that owns the row. Needs row < offsets[requests].
  static MLACHECK_DEVICE std::int64_t owner_of(std::int64_t row, const Params& p) {
    std::int64_t low = 0;
    std::int64_t high = p.requests;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      if (p.offsets[middle] <= row) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

/// Copies the table rows; 32 threads a row, whatever the warp width.
struct GatherRows {
  static constexpr const char* kName = "gather_rows";
  static constexpr int kRowThreads = 32;
  static constexpr int kRows = 4;
  static constexpr int kThreads = kRowThreads * kRows;

  struct Params {
    const std::int32_t* request_of_row;
    const std::int32_t* block_table;
    std::int64_t block_table_stride;
    std::int64_t columns;
    std::int64_t rows;
    std::int32_t* expanded_block_table;
    std::int64_t expanded_stride;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t row = std::int64_t{blockIdx.x} * kRows + threadIdx.x / kRowThreads;
    const std::int64_t first_column = threadIdx.x % kRowThreads;
    if (row >= p.rows) return;
    std::int32_t* const to = p.expanded_block_table + row * p.expanded_stride;
    const std::int64_t request = p.request_of_row[row];
    if (request == AssignRows::kPadding) {
      if (first_column == 0) to[0] = 0;
      return;
    }
    const std::int32_t* const from = p.block_table + request * p.block_table_stride;
    for (std::int64_t column = first_column; column < p.columns; column += kRowThreads) {
      to[column] = from[column];
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::decode_expansion
