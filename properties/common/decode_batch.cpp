#include "properties/common/decode_batch.hpp"

#include <algorithm>
#include <numeric>

#include "harness/op/random.hpp"

namespace mlacheck {

DecodeBatch::DecodeBatch(const Case& c)
    : page_size_(c.integer("page")), extra_rows_(c.integer("extra_rows")) {
  const std::vector<std::int64_t>& list = c.list("requests");
  std::int64_t pages = 0;
  for (std::size_t i = 0; i < list.size(); i += 2) {
    tokens_.push_back(list[i]);
    lengths_.push_back(list[i + 1]);
    owned_rows_ += list[i];
    first_page_.push_back(pages);
    pages += (list[i + 1] + page_size_ - 1) / page_size_;
  }
  physical_.resize(index(pages + c.integer("spare_pages")));
  std::iota(physical_.begin(), physical_.end(), 0);
  // Fisher and Yates. Placement 0 keeps the pages in order.
  const auto placement = static_cast<std::uint64_t>(c.integer("placement"));
  if (placement == 0) return;
  Random random(placement, stream_of("pages"));
  for (std::int64_t i = this->pages() - 1; i > 0; --i) {
    std::swap(physical_[index(i)], physical_[index(random.between(0, i))]);
  }
}

std::int64_t DecodeBatch::physical_page(std::int64_t r, std::int64_t column) const {
  return physical_[index(first_page_[index(r)] + column)];
}

std::int64_t DecodeBatch::widest() const {
  std::int64_t widest = 0;
  for (std::int64_t r = 0; r < requests(); ++r) widest = std::max(widest, pages_of(r));
  return widest;
}

}  // namespace mlacheck
