#include "properties/common/pages.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "harness/op/random.hpp"

namespace mlacheck {

std::vector<std::int64_t> page_order(std::int64_t used, std::int64_t spare,
                                     std::int64_t placement) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(used + spare));
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + spare, order.end());
  if (placement == 0) return order;
  // Fisher and Yates.
  Random random(static_cast<std::uint64_t>(placement), stream_of("pages"));
  for (std::int64_t i = used + spare - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.between(0, i))]);
  }
  return order;
}

}  // namespace mlacheck
