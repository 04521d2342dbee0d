// Operands of the batched products, without contents.
#pragma once

#include <cstdint>
#include <string>

#include "harness/op/problem.hpp"

namespace mlacheck::bench {

struct BmmShape {
  std::int64_t batch;
  std::int64_t heads;
  std::int64_t depth;
  std::int64_t columns;
};

/// Which memory a product is written to.
enum class OutLayout {
  tokens_first,  ///< [T, H, V], what the caller wants
  heads_first,   ///< [H, T, V], what the product gives by itself
};

/// `form` is one of quantized_bmm, or "bf16" for strided_bmm. No operand has contents.
Problem bmm_problem(const std::string& form, const BmmShape& shape, OutLayout out);

}  // namespace mlacheck::bench
