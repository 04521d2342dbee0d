#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/case/extents.hpp"
#include "harness/checks/neighbours.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

// One size past 2^16, or two sizes whose product is.
struct Candidate {
  std::function<std::optional<Case>(const Session&)> large;
  std::function<std::optional<Case>(const Session&)> small;  // the same with small sizes
  std::int64_t number = 0;                                   // of the choice
  std::int64_t every = 0;                                    // so many cases
  std::int64_t turn = 0;                                     // of those, this one
  bool cheap = false;
};

constexpr std::int64_t kFew = 7;

// Nothing but that one size may be large. A list has one entry of ones whose last part is the value.
std::optional<Case> case_with(const Session& session, std::size_t field, std::int64_t value) {
  const Schema& schema = session.model().schema();
  std::vector<std::int64_t> far(static_cast<std::size_t>(schema.fields[field].arity), 1);
  far.back() = value;
  for (const Case& base : {session.the_case(), Case(schema)}) {
    Case c = with_simplest_extents(base);
    c.set_at(field, far);
    if (session.model().inadmissible(c).empty()) return c;
  }
  return std::nullopt;
}

// Both sizes about as large as each other. Lists have two entries, so that rows are twice as many.
std::optional<Case> case_with(const Session& session, const Extent& one, const Extent& other,
                              std::int64_t product) {
  const Schema& schema = session.model().schema();
  const auto most = [&](const Extent& extent) {
    const bool count = extent.of_list && extent.part == Extent::kCount;
    return count ? extent.largest : schema.fields[extent.field].maximum;
  };
  const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(product)));
  const std::int64_t first = std::min(most(one), std::max(root + 1, product / most(other) + 1));
  const std::int64_t second = std::min(most(other), product / first + 1);
  if (first * second < product) return std::nullopt;
  for (const Case& base : {session.the_case(), Case(schema)}) {
    Case c = with_simplest_extents(base);
    set_extent(c, one, first);
    set_extent(c, other, second);
    const bool kept = value_of(one, c) == first && value_of(other, c) == second;
    if (kept && session.model().inadmissible(c).empty()) return c;
  }
  return std::nullopt;
}

void add_single_sizes(std::vector<Candidate>& candidates, const Schema& schema) {
  constexpr std::int64_t kIndices = 2000;  // behind the numbers of the other parts of K13
  constexpr std::size_t kMost = 4;
  constexpr std::int64_t kEvery = 32;  // it takes tens of milliseconds
  constexpr std::int64_t kRare = 16;   // of those, the ones that take a second
  constexpr std::int64_t kCheap = std::int64_t{1} << 20;
  const std::size_t first = candidates.size();
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const std::vector<std::int64_t>& far = schema.fields[f].far;
    for (std::size_t i = 0; i < far.size(); ++i) {
      const std::int64_t value = far[i];
      const bool cheap = value <= kCheap;
      candidates.push_back(
          {[f, value](const Session& session) { return case_with(session, f, value); },
           [f](const Session& session) { return case_with(session, f, kFew); },
           kIndices + static_cast<std::int64_t>(f * kMost + i), cheap ? kEvery : kEvery * kRare, 1,
           cheap});
    }
  }
  const auto count = static_cast<std::int64_t>(candidates.size() - first);
  for (std::int64_t i = 0; i < count; ++i) {
    Candidate& candidate = candidates[first + static_cast<std::size_t>(i)];
    candidate.turn += i * candidate.every;
    candidate.every *= count;
  }
}

// Of three sizes, two at a time: rows, heads and parts of a sum are counted together.
void add_products(std::vector<Candidate>& candidates, const Schema& schema) {
  constexpr std::int64_t kProducts = 5000;  // behind those of many rows, too
  constexpr std::int64_t kMost = 32;
  constexpr std::int64_t kEvery = 128;  // it takes a second
  constexpr std::int64_t kTurn = 65;    // none of those of the single sizes
  constexpr std::int64_t kWide = std::int64_t{1} << 16;
  const std::vector<Extent> extents = extents_of(schema);
  const auto count = std::ssize(extents);
  const std::int64_t pairs = count * (count - 1) / 2;
  std::int64_t place = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t j = i + 1; j < count; ++j, ++place) {
      const Extent& one = extents[static_cast<std::size_t>(i)];
      const Extent& other = extents[static_cast<std::size_t>(j)];
      candidates.push_back(
          {[one, other](const Session& session) { return case_with(session, one, other, kWide); },
           [one, other](const Session& session) { return case_with(session, one, other, kFew); },
           kProducts + i * kMost + j, kEvery * pairs, kTurn + place * kEvery, false});
    }
  }
}

// A case that is wrong without a large index is another check's finding.
bool is_right(Session& session, const Case& c) {
  const Problem problem = session.materialise(c);
  return meets_oracle(session, session.execute(problem, RunOptions::poisoned(Poison::ones)));
}

void try_index(Session& session, const Case& c) {
  const Problem problem = session.materialise(c);
  Run run = session.execute(problem, RunOptions::poisoned(Poison::ones));
  if (!session.accept(run, c.line(), Check::width)) return;
  session.carried_out(Check::width);
  compare_other(session, Check::width, session.expect(problem), run, "in " + c.line());
}

}  // namespace

void check_large_indices(Session& session) {
  const BatteryOptions& options = session.options();
  std::vector<Candidate> all;
  add_single_sizes(all, session.model().schema());
  // An interpreted device would take minutes. It is one that chooses blocks and is no CPU.
  const Backend& backend = session.backend();
  if (backend.name().starts_with("cpu.") || !backend.can_choose_blocks()) {
    add_products(all, session.model().schema());
  }
  for (const Candidate& candidate : all) {
    const Choice choice{Check::width, candidate.number};
    const bool asked = std::ranges::find(options.choices, choice) != options.choices.end();
    const bool in_turn = options.turn % candidate.every == candidate.turn;
    if (!asked && !in_turn && !(options.thorough && candidate.cheap)) continue;
    const std::optional<Case> large = candidate.large(session);
    const std::optional<Case> small = candidate.small(session);
    if (!large || !small || !is_right(session, *small)) continue;
    const std::size_t before = session.evidence().findings.size();
    session.attempt(choice, "large indices");
    try_index(session, *large);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
