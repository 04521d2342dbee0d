#include "properties/mla_decode/batch.hpp"

#include <algorithm>

#include "properties/common/pages.hpp"

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
  physical_ = page_order(pages, f.spare_pages, f.placement);
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
