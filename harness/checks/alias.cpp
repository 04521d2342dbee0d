#include "harness/checks/units.hpp"
#include "harness/op/random.hpp"

namespace mlacheck {
namespace {

struct Overlap {
  std::size_t operand;  // moved
  std::size_t host;     // onto this one's memory
};

// All pairs of operands of which one is written, the smaller one on top of the larger one.
std::vector<Overlap> overlaps(const Problem& problem) {
  std::vector<Overlap> result;
  const auto bytes = [&](std::size_t k) {
    const Operand& operand = problem.operands[k];
    return (operand.layout.storage - operand.layout.offset) *
           static_cast<std::int64_t>(size_of(operand.dtype));
  };
  for (std::size_t a = 0; a < problem.operands.size(); ++a) {
    for (std::size_t b = a + 1; b < problem.operands.size(); ++b) {
      const bool written = problem.operands[a].access != Access::input ||
                           problem.operands[b].access != Access::input;
      const bool empty =
          problem.operands[a].layout.elements() == 0 || problem.operands[b].layout.elements() == 0;
      if (!written || empty) continue;
      result.push_back(bytes(a) <= bytes(b) ? Overlap{a, b} : Overlap{b, a});
    }
  }
  return result;
}

constexpr Poison kPoison = Poison::ones;

void judge(Session& session, const Run& run, const Overlap& pair) {
  const Problem& problem = session.problem();
  const std::string& moved = problem.operands[pair.operand].name;
  const std::string& host = problem.operands[pair.host].name;
  const std::string which = moved + " on top of " + host;
  const auto find = [&](const std::string& what, const char* kind) {
    session.report(Check::alias, which + ": " + what, moved + "+" + host, kind);
  };
  if (run.status.ok()) {
    find("accepted, where the contract refuses an overlap", "accepted");
  } else if (run.status.code() != StatusCode::invalid_argument) {
    find("not refused by name: " + run.status.message(), "not refused");
  }
  if (run.status.code() == StatusCode::invalid_argument) {
    for (std::size_t k = 0; k < run.outputs.size(); ++k) {
      const std::string written = trace_of(problem.operands[k], run.outputs[k], kPoison);
      if (!written.empty()) find("refused, and " + written, "written");
    }
    for (const Finding& finding : run.findings) {
      // Only canaries: MSan would report live cells, which a refusal leaves unwritten.
      if (finding.check == Check::canary) find("refused, and " + finding.text, "written");
    }
  }
  if (!run.launches.empty()) find("refused after a launch", "launched");
}

// False if no further pair can be tried.
bool try_pair(Session& session, const Overlap& pair) {
  const Problem& problem = session.problem();
  const RunOptions options = RunOptions::poisoned(kPoison);
  PlacedOperands placed(problem, session.backend(), options);
  if (placed.error().empty()) placed.alias(pair.operand, pair.host, 0);
  Run run = execute(session.subject(), problem, placed, session.backend(), options);
  if (!run.harness_error.empty()) {
    session.evidence().harness_error = run.harness_error;
    return false;
  }
  if (run.fault) {
    // No run can follow on a device that failed; accept() reports it.
    session.accept(run, "overlapping operands", Check::alias);
    return false;
  }
  if (run.status.code() == StatusCode::unsupported) {
    session.leave_out(Check::alias, run.status.message());
    return true;
  }
  session.carried_out(Check::alias);
  judge(session, run, pair);
  return true;
}

}  // namespace

void check_alias(Session& session) {
  if (!session.subject().conventions.refuses_overlap) return;
  const std::vector<Overlap> pairs = overlaps(session.problem());
  if (pairs.empty()) return;
  if (is_heavy(session.problem())) {
    // Each pair places all operands anew, which is what costs here.
    const auto turn = static_cast<std::uint64_t>(session.options().turn);
    try_pair(session, pairs[random_bits(turn, 15, 0) % pairs.size()]);
    return;
  }
  for (const Overlap& pair : pairs) {
    if (!try_pair(session, pair)) return;
  }
}

}  // namespace mlacheck
