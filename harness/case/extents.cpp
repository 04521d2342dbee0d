#include "harness/case/extents.hpp"

#include <algorithm>

namespace mlacheck {

std::vector<Extent> extents_of(const Schema& schema) {
  std::vector<Extent> extents;
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const Field& field = schema.fields[f];
    const bool of_list = field.kind == Field::Kind::list;
    for (std::size_t k = 0; k < field.largest.size(); ++k) {
      if (field.largest[k] < kFirstBucket) continue;
      const int part = static_cast<int>(k) - 1;
      std::string name = field.name;
      if (of_list && part != Extent::kCount) name += "[" + std::to_string(part) + "]";
      extents.push_back({f, part, of_list, std::move(name), field.largest[k]});
    }
  }
  return extents;
}

std::int64_t value_of(const Extent& extent, const Case& c) {
  const std::vector<std::int64_t>& value = c.value_at(extent.field);
  if (!extent.of_list) return value.front();
  const auto arity = static_cast<std::size_t>(c.schema().fields[extent.field].arity);
  if (extent.part == Extent::kCount) return static_cast<std::int64_t>(value.size() / arity);
  std::int64_t most = 0;
  for (auto i = static_cast<std::size_t>(extent.part); i < value.size(); i += arity) {
    most = std::max(most, value[i]);
  }
  return most;
}

Case with_simplest_extents(const Case& c) {
  Case simple = c;
  const std::vector<Field>& fields = c.schema().fields;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (fields[f].kind == Field::Kind::list && fields[f].largest.empty()) simple.set_at(f, {});
  }
  for (const Extent& extent : extents_of(c.schema())) {
    if (extent.part != Extent::kCount) continue;
    set_extent(simple, extent, extent.of_list ? 2 : fields[extent.field].fallback);
  }
  return simple;
}

void set_extent(Case& c, const Extent& extent, std::int64_t value) {
  if (!extent.of_list) {
    c.set_at(extent.field, {value});
    return;
  }
  const auto arity = static_cast<std::size_t>(c.schema().fields[extent.field].arity);
  if (extent.part == Extent::kCount) {
    c.set_at(extent.field, std::vector<std::int64_t>(static_cast<std::size_t>(value) * arity, 1));
    return;
  }
  std::vector<std::int64_t> entries = c.value_at(extent.field);
  for (auto i = static_cast<std::size_t>(extent.part); i < entries.size(); i += arity) {
    entries[i] = value;
  }
  c.set_at(extent.field, entries);
}

std::vector<Bucket> buckets_up_to(std::int64_t largest) {
  std::vector<Bucket> buckets;
  for (std::int64_t first = kFirstBucket; first <= largest; first *= 2) {
    buckets.push_back({first, std::min(2 * first - 1, largest)});
  }
  return buckets;
}

}  // namespace mlacheck
