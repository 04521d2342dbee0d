#include <iostream>
#include <sstream>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/selection.hpp"
#include "harness/report/render.hpp"
#include "harness/report/wrap.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// `named`: the case is one of several, so that its line must stand beside its verdict.
void print(const Row& row, const Case& c, CaseResult result, bool named) {
  const std::string subject = c.op() + ", variant " + row.subject.variant + " on " + row.backend;
  if (result.verdict == Verdict::passed) {
    std::ostringstream text;
    text << "PASSED  " << subject << ": ";
    if (result.evidence.compared == 0) {
      text << "no elements to compare";
    } else {
      text << result.evidence.compared << " elements compared, " << result.worst_ratio
           << " of the bound used";
    }
    std::cout << wrapped(text.str(), "") << (named ? wrapped(c.line(), "  ") : "");
    for (const LeftOut& left_out : result.evidence.left_out) {
      std::cout << wrapped(std::string(name_of(left_out.check)) +
                               " was not carried out: " + printable(left_out.reason),
                           "  ");
    }
  } else if (result.verdict == Verdict::skipped) {
    std::cout << wrapped("SKIPPED  " + subject + ": " + printable(result.evidence.skip_reason), "")
              << (named ? wrapped(c.line(), "  ") : "");
  } else {
    const auto failing = new_failing(result, {});
    const Counterexample found(c, std::move(result), failing.value_or(Failing{}));
    std::cout << render_failure(row, found);
  }
}

}  // namespace

int replay_command(const std::vector<std::string>& lines, const std::string& cases_file,
                   const SweepOptions& options) {
  std::vector<Case> cases;
  if (!cases_file.empty()) cases = cases_file_argument(cases_file);
  for (const std::string& line : lines) {
    const std::optional<Case> c = case_argument(line);
    if (!c) return kExitUsage;
    cases.push_back(*c);
    if (c->op() == cases.front().op()) continue;
    std::cerr << "mlacheck: case '" << line << "': expected one of " << cases.front().op()
              << ", as the first\n";
    return kExitUsage;
  }
  const auto backends = make_backends();
  Selection selection = options.select;
  selection.ops = {cases.front().op()};
  BatteryOptions battery = options.battery;
  battery.thorough = true;
  Tally tally;
  const std::unique_ptr<CaseRunner> runner =
      options.make_runner ? options.make_runner() : make_local_runner(backends);
  for (const Row& row : rows_to_run(selection, backends)) {
    runner->refresh();
    for (const Case& c : cases) {
      CaseResult result = runner->run(row, c, battery, options.limits);
      if (cases.size() == 1) add_last_checks(row, c, *runner, battery, options.limits, result);
      tally.add(result.verdict);
      print(row, c, std::move(result), cases.size() > 1);
    }
  }
  return exit_code(tally);
}

}  // namespace mlacheck
