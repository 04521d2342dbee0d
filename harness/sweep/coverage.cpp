#include "harness/sweep/coverage.hpp"

#include <algorithm>
#include <iterator>

namespace mlacheck {
namespace {

std::string tile_class(const Tile& tile, const char* part) {
  return tile.axis + ": " + part + " " + std::to_string(tile.extent);
}

std::string listed_class(const ListedValue& value) {
  return value.field + "=" + std::to_string(value.value);
}

std::string extent_class(const Extent& extent, const Bucket& bucket, const char* alike) {
  return extent.name + " from " + std::to_string(bucket.first) + " to " +
         std::to_string(bucket.last) + alike;
}

constexpr const char* kAlike = ", all alike";
constexpr const char* kRagged = ", ragged";

constexpr const char* kPartial = "under one tile of";
constexpr const char* kWhole = "whole tiles of";
constexpr const char* kTail = "tiles and a tail of";

}  // namespace

Coverage::Coverage(const Schema& schema, const std::vector<Tile>& tiles,
                   const std::vector<ListedValue>& listed)
    : fields_(schema.fields), listed_(listed) {
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const Field& field = fields_[f];
    switch (field.kind) {
      case Field::Kind::choice:
        for (const std::string& choice : field.choices) enter(f, field.name + "=" + choice);
        break;
      case Field::Kind::list:
        for (const char* size : {"none", "one", "several"}) enter(f, field.name + ": " + size);
        break;
      case Field::Kind::integer:
        if (field.is_seed) break;
        enter(f, field.name + "=" + std::to_string(field.fallback));
        if (field.minimum == 0 && field.fallback != 0) enter(f, field.name + "=0");
        if (field.minimum != 0 || field.fallback == 0 || field.maximum > 1) {
          enter(f, field.name + " set");
        }
        for (const ListedValue& value : listed_) {
          if (value.field == field.name) enter(f, listed_class(value));
        }
        for (const Tile& tile : tiles) {
          if (tile.axis != field.name || tile.extent < 2 || tile.extent >= field.maximum) continue;
          tiles_.push_back(tile);
          for (const char* part : {kPartial, kWhole, kTail}) enter(f, tile_class(tile, part));
        }
        break;
    }
  }
  met_.resize(classes_.size() * classes_.size());
  enter_extents(schema);
}

void Coverage::enter_extents(const Schema& schema) {
  first_of_extents_ = classes_.size();
  extents_ = extents_of(schema);
  for (const Extent& extent : extents_) {
    if (extent.of_list && !list_) list_ = extent.field;
  }
  for (const Extent& extent : extents_) {
    for (const Bucket& bucket : buckets_up_to(extent.largest)) {
      for (const char* alike : {kAlike, kRagged}) {
        enter(extent.field, extent_class(extent, bucket, list_ ? alike : ""));
      }
    }
  }
}

void Coverage::add_extents(const Case& c, std::vector<std::size_t>& found) const {
  const char* alike = "";
  if (list_) {
    const std::vector<std::int64_t>& entries = c.value_at(*list_);
    const std::ptrdiff_t arity = fields_[*list_].arity;
    if (std::ssize(entries) < 2 * arity) return;
    alike = std::equal(entries.begin() + arity, entries.end(), entries.begin()) ? kAlike : kRagged;
  }
  for (const Extent& extent : extents_) {
    const std::int64_t value = value_of(extent, c);
    for (const Bucket& bucket : buckets_up_to(extent.largest)) {
      if (value < bucket.first || value > bucket.last) continue;
      found.push_back(number_.at(extent_class(extent, bucket, alike)));
    }
  }
}

void Coverage::enter(std::size_t field, const std::string& name) {
  if (!number_.emplace(name, classes_.size()).second) return;
  classes_.push_back(name);
  owner_.push_back(field);
}

std::vector<std::size_t> Coverage::classes_of(const Case& c) const {
  std::vector<std::size_t> found;
  const auto add = [&](const std::string& name) { found.push_back(number_.at(name)); };
  for (const Field& field : fields_) {
    if (field.kind == Field::Kind::choice) {
      add(field.name + "=" + c.choice(field.name));
    } else if (field.kind == Field::Kind::list) {
      const std::size_t entries = c.list(field.name).size() / static_cast<std::size_t>(field.arity);
      add(field.name + ": " + (entries == 0 ? "none" : entries == 1 ? "one" : "several"));
    } else if (!field.is_seed) {
      const std::int64_t value = c.integer(field.name);
      const bool special = value == field.fallback || (value == 0 && field.minimum == 0);
      add(special ? field.name + "=" + std::to_string(value) : field.name + " set");
    }
  }
  for (const Tile& tile : tiles_) {
    const std::int64_t value = c.integer(tile.axis);
    if (value == 0) continue;
    add(tile_class(tile, value < tile.extent        ? kPartial
                         : value % tile.extent == 0 ? kWhole
                                                    : kTail));
  }
  for (const ListedValue& value : listed_) {
    if (c.integer(value.field) == value.value) add(listed_class(value));
  }
  add_extents(c, found);
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void Coverage::note(const Case& c, bool refused) {
  const std::vector<std::size_t> classes = classes_of(c);
  if (refused) {
    refused_.insert(classes.begin(), classes.end());
    return;
  }
  ++cases_;
  seen_.insert(classes.begin(), classes.end());
  // Those of extents come last, and make no pairs beyond those that they name.
  const auto paired = std::ranges::lower_bound(classes, first_of_extents_) - classes.begin();
  for (std::ptrdiff_t i = 0; i < paired; ++i) {
    for (std::ptrdiff_t j = i + 1; j < paired; ++j) {
      const std::size_t one = classes[static_cast<std::size_t>(i)];
      const std::size_t other = classes[static_cast<std::size_t>(j)];
      if (owner_[one] == owner_[other]) continue;
      met_[one * first_of_extents_ + other] = true;
    }
  }
}

void Coverage::excuse(const Case& drawn, const Case& kept) {
  const std::vector<std::size_t> before = classes_of(drawn);
  const std::vector<std::size_t> after = classes_of(kept);
  std::ranges::set_difference(before, after, std::inserter(refused_, refused_.end()));
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> names;
  const std::size_t judged = cases_ < kEnoughForExtents ? first_of_extents_ : classes_.size();
  for (std::size_t k = 0; k < judged; ++k) {
    if (!seen_.contains(k) && !refused_.contains(k)) names.push_back(classes_[k]);
  }
  return names;
}

Coverage::Pairs Coverage::pairs() const {
  Pairs pairs;
  pairs.met = std::ranges::count(met_, true);
  for (std::size_t i = 0; i < first_of_extents_; ++i) {
    for (std::size_t j = i + 1; j < first_of_extents_; ++j) pairs.all += owner_[i] != owner_[j];
  }
  return pairs;
}

}  // namespace mlacheck
