#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/case/extents.hpp"
#include "harness/checks/neighbours.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

struct Candidate {
  std::size_t field;
  std::int64_t value;
  std::int64_t number;  // of the choice
};

std::vector<Candidate> candidates_of(const Schema& schema) {
  constexpr std::int64_t kIndices = 2000;  // behind the numbers of the other parts of K13
  constexpr std::size_t kMost = 4;
  std::vector<Candidate> candidates;
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const std::vector<std::int64_t>& far = schema.fields[f].far;
    for (std::size_t i = 0; i < far.size(); ++i) {
      candidates.push_back({f, far[i], kIndices + static_cast<std::int64_t>(f * kMost + i)});
    }
  }
  return candidates;
}

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
  constexpr std::int64_t kEvery = 32;  // it takes tens of milliseconds
  constexpr std::int64_t kRare = 16;   // of those, the ones that take a second
  constexpr std::int64_t kCheap = std::int64_t{1} << 20;
  constexpr std::int64_t kFew = 7;
  const BatteryOptions& options = session.options();
  const std::vector<Candidate> all = candidates_of(session.model().schema());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Choice choice{Check::width, all[i].number};
    const bool asked = std::ranges::find(options.choices, choice) != options.choices.end();
    const std::int64_t every = all[i].value <= kCheap ? kEvery : kEvery * kRare;
    const bool in_turn = options.turn % every == 1 &&
                         static_cast<std::size_t>(options.turn / every) % all.size() == i;
    const bool thorough = options.thorough && all[i].value <= kCheap;
    if (!asked && !in_turn && !thorough) continue;
    const std::optional<Case> c = case_with(session, all[i].field, all[i].value);
    const std::optional<Case> small = case_with(session, all[i].field, kFew);
    if (!c || !small || !is_right(session, *small)) continue;
    const std::size_t before = session.evidence().findings.size();
    session.attempt(choice, "large indices");
    try_index(session, *c);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
