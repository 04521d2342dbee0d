#include <iostream>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/run/render.hpp"

namespace mlacheck {

int replay_command(const std::string& line, const SweepOptions& options) {
  const std::optional<Case> parsed = case_argument(line);
  if (!parsed) return kExitUsage;
  const Case& c = *parsed;
  const auto backends = make_backends();
  SweepOptions selection = options;
  selection.ops = {c.op()};
  Tally tally;
  const std::unique_ptr<CaseRunner> runner =
      options.make_runner ? options.make_runner() : make_local_runner(backends);
  for (const SweepRow& row : select_rows(selection, backends)) {
    CaseResult result = runner->run(row, c, options.battery, options.limits);
    tally.add(result.verdict);
    if (result.verdict == Verdict::passed) {
      std::cout << "PASSED  " << c.op() << ", variant " << row.subject.variant << " on "
                << row.backend << ": " << result.evidence.compared << " elements compared, "
                << result.worst_ratio << " of the bound used\n";
    } else if (result.verdict == Verdict::skipped) {
      std::cout << "SKIPPED  " << c.op() << ", variant " << row.subject.variant << " on "
                << row.backend << ": " << result.evidence.skip_reason << '\n';
    } else {
      std::cout << render_failure(row, {c, c, 0, std::move(result)});
    }
  }
  return exit_code(tally);
}

}  // namespace mlacheck
