#include <algorithm>
#include <cmath>
#include <iomanip>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/matched_elements.hpp"

namespace mlacheck {
namespace {

// Of an output element, the rounding of an exact one included.
double bound_of(const Expectation& expectation, const RunElement& element) {
  for (const ExpectedTensor& expected : expectation.outputs) {
    if (expected.operand != element.operand->name) continue;
    const DType dtype = element.operand->dtype;
    const double value = std::fabs(expected.value[element.index]);
    return expected.bound[element.index] + unit_roundoff(dtype) * value + underflow_error(dtype);
  }
  throw std::logic_error("no expectation for " + element.operand->name);
}

// Empty if the other problem's element is this one's plus the constant, as far as both bounds allow
// to tell.
std::string displacement(const Match& match, const Run& mine, const Run& theirs,
                         const Expectation& here_expected, const Expectation& there_expected) {
  std::string first;
  for_each_matched(match, mine, theirs, [&](const RunElement& here, const RunElement& there) {
    if (here.operand->cell(here.index) != Cell::live || !first.empty()) return;
    const double before = decode(here.operand->dtype, here.bits);
    const double after = decode(there.operand->dtype, there.bits);
    const double wanted = before + *match.moved_by / here.operand->unit;
    const double room = bound_of(here_expected, here) + bound_of(there_expected, there);
    const bool alike = after == wanted || (std::isnan(after) && std::isnan(wanted)) ||
                       std::fabs(after - wanted) <= room;
    if (alike) return;
    std::ostringstream text;
    text << std::setprecision(9) << here.place() << " is " << before << " here and " << after
         << " there, where " << wanted << " within " << room << " is expected";
    first = text.str();
  });
  return first;
}

// Empty if all matched elements have equal bits; else the first that has not, and how many.
std::string difference(const Match& match, const Run& mine, const Run& theirs) {
  std::size_t count = 0;
  std::string first;
  for_each_matched(match, mine, theirs, [&](const RunElement& here, const RunElement& there) {
    if (here.operand->cell(here.index) != Cell::live || here.bits == there.bits) return;
    if (count++ > 0) return;
    first = here.place() + " is " + here.value() + " here and " + there.value() + " there, at " +
            index_text(there.operand->layout.shape, there.index);
  });
  if (count == 0) return {};
  return first + "; " + std::to_string(count) + " of " + std::to_string(match.mine.size()) +
         " elements differ";
}

// Which of the op's relations are drawn, and with what, follows from `choice`.
void try_relations(Session& session, std::int64_t choice) {
  Random random(static_cast<std::uint64_t>(choice), 10);
  for (Relation& relation :
       session.model().relations(session.the_case(), session.problem(), random)) {
    if (relation.check == Check::batch && !session.subject().conventions.batch_invariant) {
      session.leave_out(Check::batch, "the subject does not promise batch invariance");
      continue;
    }
    if (!relation.outside.empty()) {
      session.leave_out(relation.check, "outside the domain: " + relation.outside);
      continue;
    }
    session.set_choice(Choice{relation.check, choice});
    const Problem other = under_conventions(std::move(relation.problem), session.subject());
    Run run = session.execute(other, RunOptions::poisoned(Poison::ones));
    if (!session.accept(run, relation.name, relation.check)) {
      if (session.lost()) return;
      continue;
    }
    session.carried_out(relation.check);
    std::optional<Expectation> expected;
    for (const Match& match : relation.matches) {
      if (match.moved_by && !expected) expected = session.expect(other);
      const std::string text = match.moved_by ? displacement(match, *session.first(), run,
                                                             session.expectation(), *expected)
                                              : difference(match, *session.first(), run);
      if (text.empty()) continue;
      session.report(relation.check, relation.name + ": " + text, match.operand, "value");
    }
  }
}

}  // namespace

void check_relations(Session& session) {
  if (session.subject().agreement == Agreement::within_bound) return;
  // One number serves K10 and K11: it draws among the relations of both. What a finding has named
  // comes first, whichever of the two it was.
  std::vector<std::int64_t> choices;
  const auto add = [&](std::int64_t choice) {
    if (std::find(choices.begin(), choices.end(), choice) == choices.end()) {
      choices.push_back(choice);
    }
  };
  for (const Choice& named : session.options().choices) {
    if (named.check == Check::batch || named.check == Check::probe) add(named.number);
  }
  const bool named = !choices.empty();
  for (const std::int64_t choice : session.choices(Check::batch)) {
    if (!named || session.options().thorough) add(choice);
  }
  for (const std::int64_t choice : choices) {
    const std::size_t before = session.evidence().findings.size();
    try_relations(session, choice);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
