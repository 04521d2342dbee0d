// The batch of a decode case: who has which rows and keys, and on which page each key lies.
#pragma once

#include <cstdint>
#include <vector>

#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {

class Batch {
 public:
  explicit Batch(const Fields& f);

  std::int64_t requests() const { return static_cast<std::int64_t>(tokens_.size()); }
  std::int64_t tokens(std::int64_t r) const { return tokens_[index(r)]; }
  std::int64_t length(std::int64_t r) const { return lengths_[index(r)]; }
  std::int64_t pages_of(std::int64_t r) const { return (length(r) + page_size_ - 1) / page_size_; }
  std::int64_t page_size() const { return page_size_; }

  /// Rows of q and out; those from owned_rows() on are padding.
  std::int64_t rows() const { return owned_rows_ + padding_; }
  std::int64_t owned_rows() const { return owned_rows_; }

  /// Pages of the cache, spare ones included.
  std::int64_t pages() const { return static_cast<std::int64_t>(physical_.size()); }
  /// The physical page that holds page `column` of request r.
  std::int64_t physical_page(std::int64_t r, std::int64_t column) const;
  std::int64_t widest() const;  ///< largest pages_of

 private:
  static std::size_t index(std::int64_t r) { return static_cast<std::size_t>(r); }

  std::vector<std::int64_t> tokens_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int64_t> first_page_;  // of each request, before the shuffle
  std::vector<std::int64_t> physical_;    // a permutation
  std::int64_t page_size_;
  std::int64_t owned_rows_ = 0;
  std::int64_t padding_;
};

}  // namespace mlacheck::mla_decode
