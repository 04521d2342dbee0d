#include "properties/common/stretch.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mlacheck {
namespace {

using Numbers = std::vector<std::int64_t>;

// Sizes at which kernels change path, and their neighbours.
const Numbers kWorthTrying{4,  5,  6,  7,  9,  10, 11, 12,  13,  14,  15,  16,  17,
                           24, 32, 48, 63, 64, 65, 96, 127, 128, 129, 255, 256, 257};

std::int64_t draw_size(std::int64_t largest, Random& random) {
  if (random.chance(20)) return largest;
  const Bucket bucket = random.pick(buckets_up_to(largest));
  Numbers within;
  std::ranges::copy_if(kWorthTrying, std::back_inserter(within), [&](std::int64_t size) {
    return size >= bucket.first && size <= bucket.last;
  });
  if (within.empty() || random.chance(20)) return random.between(bucket.first, bucket.last);
  return random.pick(within);
}

// Small entries, all alike or each as it comes.
Numbers small_entries(const Field& field, std::int64_t count, Random& random) {
  const bool alike = random.chance(50);
  Numbers entry;
  Numbers entries;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i == 0 || !alike) {
      entry.clear();
      for (int part = 0; part < field.arity; ++part) {
        entry.push_back(std::max(field.minimum, random.between(alike ? 1 : 0, 3)));
      }
    }
    entries.insert(entries.end(), entry.begin(), entry.end());
  }
  return entries;
}

// Every extent as simple as can be. A list that others must match stays empty, except the first.
Case simplified(const Case& drawn, const std::vector<Extent>& extents, Random& random) {
  Case c = with_simplest_extents(drawn);
  for (const Extent& extent : extents) {
    if (!extent.of_list) continue;
    const Field& field = drawn.schema().fields[extent.field];
    c.set_at(extent.field, small_entries(field, random.between(2, 3), random));
  }
  return c;
}

void stretch(Case& c, const Extent& extent, std::int64_t size, Random& random) {
  const Field& field = c.schema().fields[extent.field];
  if (!extent.of_list) {
    c.set_at(extent.field, {size});
  } else if (extent.part == Extent::kCount) {
    c.set_at(extent.field, small_entries(field, size, random));
  } else {
    Numbers entries = c.value_at(extent.field);
    const auto arity = static_cast<std::size_t>(field.arity);
    const bool all = random.chance(50);
    for (auto i = static_cast<std::size_t>(extent.part); i < entries.size(); i += arity) {
      if (all || i < arity) entries[i] = size;
    }
    c.set_at(extent.field, entries);
  }
}

// A second size beside the first, since some paths begin where two are large: more keys than a page
// has, heads in a batch of many requests. Not so large that the case costs much; lengths cost least.
// Now and then the product is one that 8 or 12 bits do not hold: places are counted in rows times
// heads, or heads times columns. Products that take 16 bits and more are K13's.
void stretch_another(const OpModel& model, Case& c, const Extent& first, std::int64_t size,
                     const std::vector<Extent>& extents, Random& random) {
  constexpr std::int64_t kMost = std::int64_t{1} << 12;
  constexpr std::int64_t kMostOfLengths = std::int64_t{1} << 16;
  const Extent& second = random.pick(extents);
  const bool length = first.part > 0 || second.part > 0;
  const std::int64_t room = (length ? kMostOfLengths : kMost) / size;
  if (second.name == first.name) return;
  Case both = c;
  const std::int64_t narrow = std::int64_t{1} << (random.chance(50) ? 12 : 8);
  // As far as the extent goes: two or three requests do the rest.
  const std::int64_t past = std::min(narrow / size + 1, second.largest);
  const bool is_past = past >= kFirstBucket && random.chance(25);
  stretch(both, second,
          is_past ? past : draw_size(std::clamp(room, kFirstBucket, second.largest), random),
          random);
  // A new number of entries makes new entries.
  if (first.of_list && value_of(first, both) != size) stretch(both, first, size, random);
  if (model.inadmissible(both).empty()) c = std::move(both);
}

}  // namespace

std::optional<Case> stretched(const OpModel& model, const Case& drawn, Random& random) {
  const std::vector<Extent> extents = extents_of(model.schema());
  if (extents.empty()) return std::nullopt;
  constexpr int kTries = 4;
  const Extent& extent = random.pick(extents);
  const std::int64_t size = draw_size(extent.largest, random);
  for (int i = 0; i < kTries; ++i) {
    // The last try keeps nothing of what was drawn but the extents.
    Case c = simplified(i + 1 < kTries ? drawn : Case(model.schema()), extents, random);
    stretch(c, extent, size, random);
    if (!model.inadmissible(c).empty()) continue;
    if (random.chance(40)) stretch_another(model, c, extent, size, extents, random);
    return c;
  }
  return std::nullopt;
}

}  // namespace mlacheck
