// From latent rows to keys and values: the up-projection of as many rows as a chunk has, and the
// concatenation of both parts of a key.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "kernels/prefill_context/gather.kernel.h"
#include "kernels/strided_bmm/strided_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

/// The product of strided_bmm over the first *row_count rows of x. Only device memory knows how many
/// rows a chunk has; the grid is made for all that it can have.
template <class T>
struct ProjectRows {
  static constexpr const char* kName = "project_rows";

  struct Params {
    strided_bmm::BmmParams<T> product;
    const std::int32_t* row_count;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    strided_bmm::BmmParams<T> product = p.product;
    product.rows = *p.row_count;
    const std::int64_t row_tiles =
        (product.rows + strided_bmm::kBmmRows - 1) / strided_bmm::kBmmRows;
    const std::int64_t column_tiles = (product.columns - 1) / strided_bmm::kBmmColumns + 1;
    if (blockIdx.x >= row_tiles * column_tiles * product.heads) return;  // the whole block
    strided_bmm::TiledBmm<T>::kernel(product);
  }
};

/// keys[row, head] = the first `nope` columns of expanded[row, head], then the row's rope columns,
/// which all heads share. One thread an element of the keys.
template <class T>
struct ConcatKeys {
  static constexpr const char* kName = "concat_keys";

  struct Params {
    const T* expanded;  // [rows, heads, expanded_columns]
    std::int64_t expanded_columns;
    const T* rope;  // first rope column of row 0
    std::int64_t rope_stride;
    T* keys;  // [rows, heads, depth]
    std::int64_t rows;
    const std::int32_t* row_count;  // null: all rows
    std::int64_t heads;
    std::int64_t nope;
    std::int64_t depth;  // nope + rope
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = element_of_thread();
    const std::int64_t column = index % p.depth;
    const std::int64_t head = index / p.depth % p.heads;
    const std::int64_t row = index / p.depth / p.heads;
    if (row >= (p.row_count != nullptr ? *p.row_count : p.rows)) return;
    p.keys[index] = column < p.nope
                        ? p.expanded[(row * p.heads + head) * p.expanded_columns + column]
                        : p.rope[row * p.rope_stride + column - p.nope];
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
