#include "properties/common/case_size.hpp"

namespace mlacheck {

// In double: extents and gaps at the ends of their ranges multiply past 64 bits, and nothing here
// needs the last digits.
std::string too_much_storage(const std::vector<Layout>& layouts) {
  double elements = 0;
  for (const Layout& layout : layouts) elements += static_cast<double>(layout.storage);
  return elements > 0x1p25 ? "more than 2^25 elements of storage, gaps included" : "";
}

std::string too_many_products(const std::vector<std::int64_t>& extents) {
  double products = 1;
  for (const std::int64_t extent : extents) products *= static_cast<double>(extent);
  return products > 0x1p31 ? "more than 2^31 products" : "";
}

}  // namespace mlacheck
