// What the elements of q, of the latents and of w hold in each value class of prefill_context.
#pragma once

#include <cstdint>

#include "harness/values/dtype.hpp"

namespace mlacheck::prefill_context {

struct Fields;

/// Simplest first.
enum class Values {
  exact,       ///< q = 0, small integers in the latents, -1, 0 and 1 in w: all logits are 0
  normal,      ///< keys and values of ordinary size
  one_signed,  ///< the same without cancellation
  ones,        ///< every value is 1, and so is the answer
  zero_query,  ///< q = 0 and normal values: the mean of V
  large,       ///< logits with a standard deviation of about 30
};

/// Element values by logical index, whatever the layout.
class Contents {
 public:
  explicit Contents(const Fields& f);

  std::uint32_t query_bits(std::int64_t token, std::int64_t head, std::int64_t column) const;
  std::uint32_t weight_bits(std::int64_t head, std::int64_t row, std::int64_t column) const;
  /// Of a cached token of request r, or of a new token (r = -1).
  std::uint32_t latent_bits(std::int64_t r, std::int64_t token, std::int64_t column) const;

 private:
  double query(std::uint64_t at) const;
  double weight(std::int64_t head, std::int64_t row, std::int64_t column) const;
  double drawn(std::uint64_t stream, std::uint64_t index) const;

  Values values_;
  DType dtype_;
  std::uint64_t seed_;
  std::int64_t heads_;
  std::int64_t depth_;
  std::int64_t latent_;
  std::int64_t nope_;
  std::int64_t expanded_;
  std::int64_t columns_;
};

}  // namespace mlacheck::prefill_context
