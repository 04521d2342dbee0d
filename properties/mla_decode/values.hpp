// What the elements of q and of the cache hold in each value class of mla_decode.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/values/dtype.hpp"

namespace mlacheck::mla_decode {

struct Fields;

/// Simplest first.
enum class Values {
  exact,     ///< q = 0 and integer values of all the type's digits: every logit is 0, the result a
             ///< mean that the store must round
  selector,  ///< keys and rows carry codes; a key whose code differs underflows; integer values
  normal,    ///< this and the next two: as in properties/common/values.hpp, logits of ordinary size
  one_signed,
  wide,
  large,        ///< logits with a standard deviation of about 100
  spike_first,  ///< this and the next two: one key's logit raised by 9, here the first one's
  spike_last,
  spike_page,  ///< the last one of the first page
  ones,        ///< every value is 1, and so is the answer
  zero_query,  ///< q = 0 and normal values: the mean of V, lse = ln n
  level,       ///< all logits of a row equal, far from 0; integer values
  shifted,     ///< normal, with a constant added to all logits of a row
  largest,     ///< V next to the largest finite number, as far as sums of all keys stay finite
};

/// Element values by logical index, whatever the layout.
class Contents {
 public:
  explicit Contents(const Fields& f);

  std::uint32_t query_bits(std::int64_t row, std::int64_t head, std::int64_t column) const;

  /// Key `key` of `length` keys of request r.
  std::uint32_t key_bits(std::int64_t r, std::int64_t key, std::int64_t length,
                         std::int64_t column) const;

 private:
  double query(std::int64_t row, std::int64_t head, std::int64_t column) const;
  double key(std::int64_t r, std::int64_t key, std::int64_t length, std::int64_t column) const;
  double constant_query(std::int64_t row, std::int64_t head) const;
  double constant_key() const;
  double near_largest(std::uint64_t at, std::int64_t length) const;
  double drawn(std::uint64_t stream, std::uint64_t index) const;
  bool spiked(std::int64_t key, std::int64_t length) const;

  Values values_;
  DType dtype_;
  std::uint64_t seed_;
  double scale_;
  std::int64_t heads_;
  std::int64_t latent_;
  std::int64_t rope_;
  std::int64_t page_;
  std::int64_t code_bits_;
};

}  // namespace mlacheck::mla_decode
