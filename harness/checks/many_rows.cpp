#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/case/extents.hpp"
#include "harness/checks/neighbours.hpp"
#include "harness/checks/row_places.hpp"
#include "harness/checks/tall_problem.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/spread_run.hpp"
#include "harness/op/pieces.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kReaches = 3;
constexpr std::int64_t kMostSizes = 4;
constexpr std::int64_t kFirstChoice = 3000;  // behind the numbers of the other parts of K13

std::string rows_text(const RowPlaces& places) {
  std::string text;
  for (std::size_t i = 0; i < places.places().size(); ++i) {
    const std::int64_t at = places.places()[i].at;
    const bool follows = i > 0 && at == places.places()[i - 1].at + 1;
    const bool goes_on = i + 1 < places.places().size() && places.places()[i + 1].at == at + 1;
    if (follows && goes_on) continue;
    text += (i == 0 ? "" : follows ? "-" : ", ") + std::to_string(at);
  }
  return text;
}

using Parts = TallProblem::Parts;

// The case's rows in their places, and what they must give.
struct Trial {
  PlacesToLook places;
  Spread many;
  Spread fewer;
  Expectation expected;
};

// Finds the blocks of the rows by a run with few rows in between, where no index passes a limit. If
// that run is wrong whatever blocks run, the cause is another one, or the blocks go through the
// rows in an order of their own. Then nothing is returned and the reason is noted.
std::optional<Parts> known_parts(Session& session, const TallProblem& tall, const Trial& trial) {
  std::string reason = "its blocks do not go through the " + tall.size().name + " in their order";
  for (const Parts& outer : tall.ways_to_divide()) {
    SpreadRun few = run_spread(session.subject(), trial.fewer, session.backend(),
                               tall.blocks_at(trial.places.fewer, outer));
    if (few.run.fault) {
      session.accept(few.run, "few " + tall.size().name, Check::width);
      return std::nullopt;
    }
    if (!few.left_out.empty()) reason = few.left_out;
    if (!few.run.harness_error.empty()) reason = few.run.harness_error;
    if (few.left_out.empty() && few.run.harness_error.empty() && !few.run.status.ok()) {
      reason = few.run.status.message();
    }
    if (few.left_out.empty() && few.run.harness_error.empty() &&
        meets_oracle(trial.expected, few.run) &&
        tall.foreign_page(few, trial.fewer, trial.places.fewer.rows(), outer).empty()) {
      return outer;
    }
  }
  session.leave_out(Check::width, reason);
  return std::nullopt;
}

// False if there is nothing to be said about these rows.
bool try_rows(Session& session, const TallProblem& tall, std::int64_t rows) {
  const std::optional<PlacesToLook> places =
      places_to_look(tall.totals(rows), rows, tall.count(), tall.size().may_repeat);
  if (!places || !tall.has_launches_of_one(rows)) return false;
  const Spread alone = tall.at(places->many.alone());
  const Trial trial{*places, tall.at(places->many), tall.at(places->fewer),
                    session.expect(alone.problem)};
  const std::optional<Parts> outer = known_parts(session, tall, trial);
  if (!outer) return true;
  SpreadRun large = run_spread(session.subject(), trial.many, session.backend(),
                               tall.blocks_at(places->many, *outer));
  if (!large.left_out.empty()) {
    session.leave_out(Check::width, large.left_out);
    return true;
  }
  const std::string which = std::to_string(rows) + " " + tall.size().name;
  if (!session.accept(large.run, which, Check::width)) return true;
  session.carried_out(Check::width);
  const bool right =
      compare_other(session, Check::width, trial.expected, large.run,
                    "in " + which + ", of which these hold the case's: " + rows_text(places->many));
  const std::string foreign = tall.foreign_page(large, trial.many, rows, *outer);
  if (right && !foreign.empty()) session.report(Check::width, foreign, {}, "written");
  return true;
}

// Small enough that a few dozen rows, and all their blocks, cost little.
bool is_small(const Problem& problem, const RowSize& size) {
  constexpr std::int64_t kMostElements = 4096;  // of a row
  constexpr std::int64_t kMostParts = 16;       // in front of the rows
  const std::int64_t rows = rows_of(problem, size);
  if (rows == 0) return false;
  for (const Operand& operand : problem.operands) {
    if (operand.layout.elements() / rows > kMostElements) return false;
  }
  return std::ranges::all_of(size.axes, [&](const OperandAxis& axis) {
    return parts_before(problem, axis) <= kMostParts;
  });
}

void try_choice(Session& session, std::int64_t number) {
  constexpr std::uint64_t kMostBlocks = 64;  // for one row
  const auto index = static_cast<std::size_t>(number / kReaches);
  const auto reach = static_cast<Reach>(number % kReaches);
  for (const Case& base : {session.the_case(), with_simplest_extents(session.the_case()),
                           with_simplest_extents(Case(session.model().schema()))}) {
    if (!session.model().inadmissible(base).empty()) continue;
    const Problem problem = session.materialise(base);
    const std::vector<RowSize> sizes = session.model().row_sizes(problem);
    if (index >= sizes.size() || !is_small(problem, sizes[index])) continue;
    const TallProblem tall(session, problem, sizes[index]);
    const DryRun& one = tall.one();
    if (!one.left_out.empty()) return session.leave_out(Check::width, one.left_out);
    if (!one.status.ok() || one.blocks == 0 || one.blocks > kMostBlocks) continue;
    const std::int64_t rows = tall.rows(reach);
    if (rows > 0 && try_rows(session, tall, rows)) return;
  }
}

}  // namespace

void check_many_rows(Session& session) {
  const BatteryOptions& options = session.options();
  if (!session.backend().can_capture() || session.first()->launches.empty()) return;
  if (has_host_work(session.subject().variant)) return;
  const std::int64_t sizes = std::ssize(session.model().row_sizes(session.problem()));
  const std::int64_t in_turn_of =
      number_in_turn(options.turn, sizes * kReaches, session.backend().can_choose_blocks());
  for (std::int64_t number = 0; number < kMostSizes * kReaches; ++number) {
    const Choice choice{Check::width, kFirstChoice + number};
    const bool asked = std::ranges::find(options.choices, choice) != options.choices.end();
    const bool in_turn = number == in_turn_of;
    const bool tried = options.thorough && number < sizes * kReaches;
    if (!(asked || in_turn || tried)) continue;
    const std::size_t before = session.evidence().findings.size();
    session.attempt(choice, "many rows");
    try_choice(session, number);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
