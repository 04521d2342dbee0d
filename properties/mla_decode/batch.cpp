#include "properties/mla_decode/batch.hpp"

#include <algorithm>
#include <numeric>

#include "harness/op/random.hpp"

namespace mlacheck::mla_decode {

Batch::Batch(const Fields& f) : page_size_(f.page), padding_(f.padding) {
  std::int64_t pages = 0;
  for (const Request& request : f.requests) {
    tokens_.push_back(request.tokens);
    lengths_.push_back(request.length);
    owned_rows_ += request.tokens;
    first_page_.push_back(pages);
    pages += (request.length + page_size_ - 1) / page_size_;
  }
  physical_.resize(index(pages + f.spare_pages));
  std::iota(physical_.begin(), physical_.end(), 0);
  // Spare pages come first, so that many of them make for large page ids.
  std::rotate(physical_.begin(), physical_.begin() + f.spare_pages, physical_.end());
  // Fisher and Yates. Placement 0 keeps the pages in order.
  const auto placement = static_cast<std::uint64_t>(f.placement);
  if (placement == 0) return;
  Random random(placement, stream_of("pages"));
  for (std::int64_t i = this->pages() - 1; i > 0; --i) {
    std::swap(physical_[index(i)], physical_[index(random.between(0, i))]);
  }
}

std::int64_t Batch::physical_page(std::int64_t r, std::int64_t column) const {
  return physical_[index(first_page_[index(r)] + column)];
}

std::int64_t Batch::widest() const {
  std::int64_t widest = 0;
  for (std::int64_t r = 0; r < requests(); ++r) widest = std::max(widest, pages_of(r));
  return widest;
}

}  // namespace mlacheck::mla_decode
