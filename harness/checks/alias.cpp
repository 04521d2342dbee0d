#include <functional>
#include <optional>

#include "harness/checks/units.hpp"

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

}  // namespace

void check_alias(Session& session) {
  if (!session.subject().conventions.refuses_overlap) return;
  const Problem& problem = session.problem();
  const std::vector<Overlap> pairs = overlaps(problem);
  if (pairs.empty()) return;
  const std::size_t pick = std::hash<std::string>{}(session.the_case().line());
  const Overlap pair = pairs[pick % pairs.size()];
  const RunOptions options = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed(problem, session.backend(), options);
  if (!placed.error().empty()) {
    session.evidence().harness_error = placed.error();
    return;
  }
  placed.alias(pair.operand, pair.host, 0);
  const Run run = execute(session.subject(), problem, placed, session.backend(), options);
  session.carried_out(Check::alias);
  const std::string which =
      problem.operands[pair.operand].name + " on top of " + problem.operands[pair.host].name;
  if (run.status.ok()) {
    session.find(Check::alias, which + ": accepted, where the contract refuses an overlap");
  } else if (run.status.code() != StatusCode::invalid_argument) {
    session.find(Check::alias, which + ": not refused by name: " + run.status.message());
  }
  if (!run.launches.empty()) session.find(Check::alias, which + ": refused after a launch");
}

}  // namespace mlacheck
