#include "harness/domain/consistency.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Holds = FieldTerm::Relation;
using Terms = std::vector<const FieldTerm*>;

// A field, and which number of each entry of a list.
using Place = std::pair<std::size_t, int>;

// Fields that equalities join have one representative.
class Joined {
 public:
  explicit Joined(const Terms& terms) {
    for (const FieldTerm* term : terms) {
      if (term->relation == Holds::equal_to) parent_[root(term->field)] = root(term->other);
    }
  }

  std::size_t root(std::size_t field) const {
    for (auto at = parent_.find(field); at != parent_.end(); at = parent_.find(field)) {
      if (at->second == field) break;
      field = at->second;
    }
    return field;
  }

  Place place_of(const FieldTerm& term) const { return {root(term.field), term.part}; }

 private:
  std::map<std::size_t, std::size_t> parent_;
};

std::map<Place, ClaimedNumber> numbers_of(const Terms& terms, const Schema& schema) {
  const Joined joined(terms);
  std::map<Place, ClaimedNumber> numbers;
  const auto narrow = [&](const Place& place, std::size_t field) {
    const Field& limits = schema.fields[field];
    const auto at = numbers.try_emplace(place, ClaimedNumber(limits.minimum, limits.maximum)).first;
    at->second.narrow(limits.minimum, limits.maximum);
  };
  for (const FieldTerm* term : terms) {
    const Place place = joined.place_of(*term);
    narrow(place, term->field);
    if (term->relation == Holds::equal_to) narrow(place, term->other);
    numbers.at(place).narrow(*term);
  }
  return numbers;
}

bool contradict(const Terms& terms, const Schema& schema) {
  return std::ranges::any_of(numbers_of(terms, schema),
                             [](const auto& entry) { return !entry.second.nearest(0); });
}

// Without each term that is not needed for the contradiction. The last one stays.
Terms smallest_contradiction(Terms terms, const Schema& schema) {
  for (std::size_t i = terms.size() - 1; i-- > 0;) {
    Terms fewer = terms;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (contradict(fewer, schema)) terms = std::move(fewer);
  }
  return terms;
}

std::string quoted(const std::string& term) { return "'" + excerpt(term) + "'"; }

[[noreturn]] void refuse(const std::string& term, const std::string& what) {
  throw std::invalid_argument("domain term " + quoted(term) + ": " + what);
}

[[noreturn]] void refuse_contradiction(const Terms& terms, const Schema& schema) {
  const FieldTerm& last = *terms.back();
  std::string others;
  for (std::size_t i = 0; i + 1 < terms.size(); ++i) {
    others += (i == 0 ? "" : " and ") + quoted(terms[i]->written);
  }
  const Field& field = schema.fields[last.field];
  const std::string what = field.kind == Field::Kind::list
                               ? "value of " + field.name + "[" + std::to_string(last.part) + "]"
                               : "value of " + field.name;
  if (!others.empty()) refuse(last.written, "beside " + others + " it leaves no " + what);
  refuse(last.written, "leaves no " + what + ", which is from " + std::to_string(field.minimum) +
                           " to " + std::to_string(field.maximum));
}

bool asks_more(const OperandTerm& free, const OperandTerm& other) {
  const bool is_free = free.layout == OperandTerm::Layout::free;
  const bool is_not = other.layout && other.layout != OperandTerm::Layout::free;
  // "layout=free out.layout=dense" narrows one operand, as every term does.
  const bool covered = other.operand.empty() || other.operand == free.operand;
  return is_free && is_not && covered;
}

}  // namespace

void ClaimedNumber::narrow(std::int64_t minimum, std::int64_t maximum) {
  low_ = std::max(low_, minimum);
  high_ = std::min(high_, maximum);
}

void ClaimedNumber::narrow(const FieldTerm& term) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  switch (term.relation) {
    case Holds::one_of:
      if (!listed_) {
        listed_ = term.numbers;
      } else {
        std::erase_if(*listed_, [&](std::int64_t value) { return !term.admits(value, 0); });
      }
      break;
    case Holds::none_of:
      excluded_.insert(excluded_.end(), term.numbers.begin(), term.numbers.end());
      break;
    case Holds::at_least:
      narrow(term.numbers.front(), kMost);
      break;
    case Holds::at_most:
      narrow(kLeast, term.numbers.front());
      break;
    case Holds::multiple_of: {
      // A common multiple beyond every number leaves only zero, as any such number does.
      const std::int64_t other = term.numbers.front() / std::gcd(step_, term.numbers.front());
      step_ = step_ > kMost / other ? kMost : step_ * other;
      break;
    }
    case Holds::equal_to:
      break;
  }
}

bool ClaimedNumber::admits(std::int64_t value) const {
  if (value < low_ || value > high_ || value % step_ != 0) return false;
  if (listed_ && std::ranges::find(*listed_, value) == listed_->end()) return false;
  return std::ranges::find(excluded_, value) == excluded_.end();
}

std::optional<std::int64_t> ClaimedNumber::nearest(std::int64_t value) const {
  std::vector<std::int64_t> candidates;
  if (listed_) {
    candidates = *listed_;
  } else if (low_ <= high_) {
    // Each excluded number takes one multiple away, so that one of so many is left, if any is.
    const std::int64_t from = std::clamp(value, low_, high_) / step_ * step_;
    const auto steps = static_cast<std::int64_t>(excluded_.size()) + 1;
    candidates.push_back(from);
    for (std::int64_t i = 1; i <= steps; ++i) {
      if (step_ <= (from - low_) / i) candidates.push_back(from - i * step_);
      if (step_ <= (high_ - from) / i) candidates.push_back(from + i * step_);
    }
  }
  std::optional<std::int64_t> found;
  const auto distance = [&](std::int64_t number) { return std::abs(number - value); };
  std::ranges::sort(candidates);
  for (const std::int64_t candidate : candidates) {
    if (!admits(candidate)) continue;
    if (!found || distance(candidate) < distance(*found)) found = candidate;
  }
  return found;
}

void check_consistent(const std::vector<FieldTerm>& fields,
                      const std::vector<OperandTerm>& operands, const Schema& schema) {
  Terms terms;
  for (const FieldTerm& term : fields) {
    terms.push_back(&term);
    if (contradict(terms, schema)) {
      refuse_contradiction(smallest_contradiction(terms, schema), schema);
    }
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (!asks_more(operands[i], operands[k])) continue;
      refuse(operands[i].text, "says nothing beside '" + operands[k].text +
                                   "', which holds as well: terms only narrow a domain");
    }
  }
}

Case settled(Case c, const std::vector<FieldTerm>& fields) {
  Terms terms;
  for (const FieldTerm& term : fields) terms.push_back(&term);
  const Schema& schema = c.schema();
  const Joined joined(terms);
  const std::map<Place, ClaimedNumber> numbers = numbers_of(terms, schema);
  std::map<Place, std::int64_t> chosen;
  const auto move = [&](std::size_t at, int part, const Place& place) {
    const Field& field = schema.fields[at];
    const auto arity = static_cast<std::size_t>(field.kind == Field::Kind::list ? field.arity : 1);
    std::vector<std::int64_t> values = c.value_at(at);
    for (auto i = static_cast<std::size_t>(part); i < values.size(); i += arity) {
      const auto near = numbers.at(place).nearest(values[i]);
      if (!near) continue;
      // Fields that are equal get the number that the first of them gets.
      const bool list = field.kind == Field::Kind::list;
      values[i] = list ? *near : chosen.try_emplace(place, *near).first->second;
    }
    c.set_at(at, std::move(values));
  };
  for (const FieldTerm* term : terms) {
    const Place place = joined.place_of(*term);
    move(term->field, term->part, place);
    if (term->relation == Holds::equal_to) move(term->other, 0, place);
  }
  return c;
}

}  // namespace mlacheck
