// What the elements of queries, latents and weights hold in each value class of decode_step.
#pragma once

#include <cstdint>

#include "harness/values/dtype.hpp"

namespace mlacheck::decode_step {

struct Fields;

/// Simplest first.
enum class Values {
  exact,   ///< q = 0, small integers in the latents, -1, 0 and 1 in the weights: all logits are 0
  normal,  ///< keys and values of ordinary size
  one_signed,  ///< the same without cancellation
  selector,    ///< one column of q is 4096, all else as in `exact`: few keys have all the weight
  ones,        ///< every value is 1, and so is the answer
  zero_query,  ///< q = 0 and normal values: the mean of V
  large,       ///< logits with a standard deviation of about 30
};

/// Element values by logical index, whatever the layout.
class Contents {
 public:
  explicit Contents(const Fields& f);

  /// Column of both parts of a query together, the rope columns last.
  std::uint32_t query_bits(std::int64_t row, std::int64_t head, std::int64_t column) const;
  std::uint32_t latent_bits(std::int64_t r, std::int64_t key, std::int64_t column) const;
  std::uint32_t key_weight_bits(std::int64_t head, std::int64_t row, std::int64_t column) const;
  std::uint32_t value_weight_bits(std::int64_t head, std::int64_t row, std::int64_t column) const;

 private:
  bool integral() const { return values_ == Values::exact || values_ == Values::selector; }
  double query(std::int64_t row, std::int64_t head, std::int64_t column) const;
  double weight(std::uint64_t stream, std::uint64_t at, double scale) const;
  double drawn(std::uint64_t stream, std::uint64_t index) const;

  Values values_;
  DType dtype_;
  std::uint64_t seed_;
  std::int64_t heads_;
  std::int64_t nope_;
  std::int64_t depth_;
  std::int64_t latent_;
  std::int64_t width_;
  std::int64_t columns_;
};

}  // namespace mlacheck::decode_step
