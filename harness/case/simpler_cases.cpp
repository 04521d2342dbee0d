// What shrinking tries: cases that are simpler than a given one.
#include <algorithm>
#include <cstdlib>

#include "harness/case/case.hpp"

namespace mlacheck {
namespace {

// Moves a number towards `target`: all the way, half way, a quarter, one step; and, since contracts
// ask for multiples, to the half and three quarters of the number itself and two steps.
std::vector<std::int64_t> towards(std::int64_t value, std::int64_t target) {
  std::vector<std::int64_t> candidates;
  const std::int64_t sign = value > target ? -1 : 1;
  const auto add = [&](std::int64_t candidate) {
    const bool between = value > target ? candidate >= target && candidate < value
                                        : candidate <= target && candidate > value;
    if (!between) return;
    if (std::find(candidates.begin(), candidates.end(), candidate) != candidates.end()) return;
    candidates.push_back(candidate);
  };
  add(target);
  add(target + (value - target) / 2);
  add(value / 2);
  add(value - (value - target) / 4);
  add(value - value / 4);
  add(value + 2 * sign);
  add(value + sign);
  return candidates;
}

using Values = std::vector<std::int64_t>;

std::ptrdiff_t entries_of(const Field& field, const Values& value) {
  return static_cast<std::ptrdiff_t>(value.size()) / field.arity;
}

// The numbers of a long list that change by themselves: those at its ends. All of them would be thousands
// of candidates, and a list that fails by its length needs each.
bool changes_alone(const Values& value, std::size_t k) {
  constexpr std::size_t kLong = 64;
  constexpr std::size_t kEnd = 8;
  return value.size() <= kLong || k < kEnd || k + kEnd >= value.size();
}

// A list without some of its entries: all of them gone, halves, quarters, down to single ones.
std::vector<Values> shorter_lists(const Field& field, const Values& value) {
  std::vector<Values> lists;
  const std::ptrdiff_t arity = field.arity;
  const std::ptrdiff_t entries = entries_of(field, value);
  for (std::ptrdiff_t drop = entries; drop >= 1; drop /= 2) {
    for (std::ptrdiff_t first = 0; first < entries; first += drop) {
      Values kept(value.begin(), value.begin() + first * arity);
      const std::ptrdiff_t after = std::min(entries, first + drop) * arity;
      kept.insert(kept.end(), value.begin() + after, value.end());
      // Of a list of equal entries, all of one length are the same.
      if (lists.empty() || lists.back() != kept) lists.push_back(std::move(kept));
    }
  }
  return lists;
}

// One component of all entries at its simplest, at the simplest that one of them has or, where all
// entries are alike in it, nearer to the simplest: some subjects take no others.
std::vector<Values> evened_lists(const Field& field, const Values& value) {
  std::vector<Values> lists;
  const auto arity = static_cast<std::size_t>(field.arity);
  if (entries_of(field, value) < 2) return lists;
  for (std::size_t component = 0; component < arity; ++component) {
    std::int64_t nearest = value[component];
    bool alike = true;
    for (std::size_t k = component; k < value.size(); k += arity) {
      const auto distance = [&](std::int64_t v) { return std::abs(v - field.fallback); };
      alike = alike && value[k] == nearest;
      if (distance(value[k]) < distance(nearest)) nearest = value[k];
    }
    Values targets{field.fallback, nearest};
    if (alike) targets = towards(nearest, field.fallback);
    for (const std::int64_t target : targets) {
      Values even = value;
      for (std::size_t k = component; k < even.size(); k += arity) even[k] = target;
      if (even != value && (lists.empty() || lists.back() != even))
        lists.push_back(std::move(even));
    }
  }
  return lists;
}

}  // namespace

std::vector<Case> simpler_cases(const Case& c) {
  std::vector<Case> candidates;
  const auto add = [&](std::size_t field, Values value) {
    candidates.push_back(c);
    candidates.back().values_[field] = std::move(value);
  };
  // Lists first: dropping a request simplifies more than any single extent does.
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    const Field& field = c.schema_->fields[i];
    if (field.kind != Field::Kind::list) continue;
    for (Values& list : shorter_lists(field, c.values_[i])) add(i, std::move(list));
    for (Values& list : evened_lists(field, c.values_[i])) add(i, std::move(list));
  }
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    const Values& value = c.values_[i];
    for (std::size_t k = 0; k < value.size(); ++k) {
      if (!changes_alone(value, k)) continue;
      for (const std::int64_t candidate : towards(value[k], c.schema_->fields[i].fallback)) {
        Values changed = value;
        changed[k] = candidate;
        add(i, std::move(changed));
      }
    }
  }
  return candidates;
}

std::vector<Case> two_step_cases(const Case& c) {
  std::vector<Case> candidates;
  struct Place {
    std::size_t field;
    std::size_t at;
  };
  std::vector<Place> places;  // of numbers that are not at their simplest
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    for (std::size_t k = 0; k < c.values_[i].size(); ++k) {
      if (!changes_alone(c.values_[i], k)) continue;
      if (c.values_[i][k] != c.schema_->fields[i].fallback) places.push_back({i, k});
    }
  }
  // The pairs of a long case are too many to try more than the whole way on each.
  constexpr std::size_t kFew = 10;
  const auto moves = [&](const Place& place) {
    Values steps =
        towards(c.values_[place.field][place.at], c.schema_->fields[place.field].fallback);
    if (places.size() > kFew) steps.resize(1);
    return steps;
  };
  for (std::size_t one = 0; one < places.size(); ++one) {
    for (std::size_t two = one + 1; two < places.size(); ++two) {
      for (const std::int64_t first : moves(places[one])) {
        for (const std::int64_t second : moves(places[two])) {
          Case& candidate = candidates.emplace_back(c);
          candidate.values_[places[one].field][places[one].at] = first;
          candidate.values_[places[two].field][places[two].at] = second;
        }
      }
    }
  }
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    const Field& list = c.schema_->fields[i];
    if (list.kind != Field::Kind::list) continue;
    for (const Values& shorter : shorter_lists(list, c.values_[i])) {
      const auto lost = entries_of(list, c.values_[i]) - entries_of(list, shorter);
      for (std::size_t j = 0; j < c.values_.size(); ++j) {
        const Field& number = c.schema_->fields[j];
        if (number.kind != Field::Kind::integer) continue;
        const std::int64_t grown = c.values_[j].front() + lost;
        if (grown > number.maximum || number.is_seed) continue;
        Case& candidate = candidates.emplace_back(c);
        candidate.values_[i] = shorter;
        candidate.values_[j].front() = grown;
      }
    }
  }
  return candidates;
}

}  // namespace mlacheck
