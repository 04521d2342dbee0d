#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/checks/neighbours.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

// By the twelfth call a subject that warms up, or that recognises an address, has begun to do so.
constexpr int kCalls = 12;

bool is_metadata(const Operand& operand) {
  return operand.access == Access::output || operand.dtype == DType::i32;
}

// True if the same cells are live in both. Otherwise a single element of one would not fit into the
// other.
bool same_cells(const Problem& a, const Problem& b) {
  return std::ranges::equal(a.operands, b.operands,
                            [](const Operand& x, const Operand& y) { return x.cells == y.cells; });
}

// Copies element `at` from `other`, and with it all elements that lie at the same address.
void take_element(Operand& operand, const Operand& other, std::size_t at) {
  const Layout::Positions positions = operand.layout.positions();
  for (std::size_t i = 0; i < operand.bits.size(); ++i) {
    if ((*positions)[i] == (*positions)[at]) operand.bits[i] = other.bits[at];
  }
}

// The contents of call `number`, which follows `now`: one element of one operand is taken from
// `other`, the operands in turn. Where elements depend on each other, all contents are taken.
Problem next_step(const Problem& now, const Problem& other, int number, Random& random) {
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < now.operands.size(); ++i) {
    if (!is_metadata(now.operands[i]) && !now.operands[i].bits.empty()) candidates.push_back(i);
  }
  if (candidates.empty() || !same_cells(now, other)) return other;
  Problem next = now;
  const std::size_t k = candidates[static_cast<std::size_t>(number) % candidates.size()];
  const std::int64_t last = std::ssize(next.operands[k].bits) - 1;
  take_element(next.operands[k], other.operands[k],
               static_cast<std::size_t>(random.between(0, last)));
  return next;
}

// False if it is wrong. That is a finding, unless the contents are wrong at other addresses, too:
// then it is a finding of another case.
bool judge_step(Session& session, const Problem& problem, const Run& run, int call) {
  std::vector<Finding>& findings = session.evidence().findings;
  const std::size_t before = findings.size();
  const Expectation expectation = session.expect(problem);
  if (compare_other(
          session, Check::history, expectation, run,
          "in call " + std::to_string(call) + " at the same addresses; each had other contents")) {
    return true;
  }
  if (!meets_oracle(expectation, session.execute(problem, RunOptions::poisoned(Poison::ones)))) {
    findings.resize(before);
  }
  return false;
}

void run_steps(Session& session, const Problem& other, Random& random) {
  const RunOptions options = RunOptions::poisoned(Poison::ones);
  Problem problem = session.problem();
  PlacedOperands placed(problem, session.backend(), options);
  for (int call = 1; call <= kCalls; ++call) {
    if (call > 1) {
      problem = next_step(problem, call % 2 == 1 ? session.problem() : other, call - 1, random);
      if (const Status status = placed.refill(problem); !status.ok()) {
        session.evidence().harness_error = status.message();
        return;
      }
    }
    Run run = execute(session.subject(), problem, placed, session.backend(), options);
    if (!session.accept(run, "call " + std::to_string(call) + " at the same addresses",
                        Check::history)) {
      return;
    }
    if (call > 1 && !judge_step(session, problem, run, call)) break;
  }
  session.carried_out(Check::history);
}

}  // namespace

void check_in_place(Session& session) {
  if (!session.evidence().findings.empty()) return;  // wrong without any call before it
  constexpr std::int64_t kEvery = 8;                 // it takes many runs
  for (const std::int64_t choice : session.choices(Check::history)) {
    if (choice % kEvery != 0) continue;
    session.set_choice(Choice{Check::history, choice});
    const std::size_t before = session.evidence().findings.size();
    Random random(static_cast<std::uint64_t>(choice), 12);
    const std::optional<Case> other = reseeded(session.the_case());
    if (other && session.model().inadmissible(*other).empty()) {
      const Problem problem = session.materialise(*other);
      if (same_extents(problem, session.problem())) run_steps(session, problem, random);
    }
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
