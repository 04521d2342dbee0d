#include <algorithm>

#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

// Elements that no reader may use, or room between elements.
bool has_dead_input(const Problem& problem) {
  return std::any_of(problem.operands.begin(), problem.operands.end(), [](const Operand& operand) {
    if (operand.access == Access::output) return false;
    return operand.layout.storage > operand.layout.elements() ||
           std::find(operand.cells.begin(), operand.cells.end(), Cell::dead) != operand.cells.end();
  });
}

}  // namespace

void check_dead_input(Session& session) {
  const Problem& problem = session.problem();
  if (!has_dead_input(problem)) return;
  // Only what inputs hold between and behind their live elements differs from the first run.
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.dead_inputs = Poison::ones;
  options.gaps = Poison::ones;
  Run run = session.execute(problem, options);
  if (!session.accept(run, "dead inputs 0xFF", Check::dead_input)) return;
  session.carried_out(Check::dead_input);
  session.compare_runs(Check::dead_input, *session.first(), "dead inputs 0x5A", run,
                       "dead inputs 0xFF");
}

}  // namespace mlacheck
