#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <stdexcept>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/choice_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/report/render.hpp"
#include "harness/report/wrap.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// `named`: the case is one of several, so that its line must stand beside its verdict.
void print(const Row& row, const Case& c, CaseResult result, bool named) {
  const std::string subject =
      fmt::format("{}, variant {} on {}", c.op(), row.subject.variant, row.backend);
  if (result.verdict == Verdict::passed) {
    const std::string compared = result.evidence.compared == 0
                                     ? "no elements to compare"
                                     : fmt::format("{} elements compared, {:g} of the bound used",
                                                   result.evidence.compared, result.worst_ratio);
    std::cout << wrapped(fmt::format("PASSED  {}: {}", subject, compared), "")
              << (named ? wrapped(c.line(), "  ") : "");
    for (const LeftOut& left_out : result.evidence.left_out) {
      std::cout << wrapped(fmt::format("{} was not carried out: {}", name_of(left_out.check),
                                       printable(left_out.reason)),
                           "  ");
    }
  } else if (result.verdict == Verdict::skipped) {
    std::cout << wrapped(fmt::format("SKIPPED  {}: {}", subject,
                                     printable(result.evidence.skip_reason)),
                         "")
              << (named ? wrapped(c.line(), "  ") : "");
  } else {
    const auto failing = new_failing(result, {});
    const Counterexample found(c, std::move(result), failing.value_or(Failing{}));
    std::cout << render_failure(row, found);
  }
}

constexpr const char* kExamples = R"(Examples:
  mlacheck replay 'strided_bmm(T=2,latent=17)'
  mlacheck replay 'merge_states(T=3,V=48,dtype=bf16)' --variant vectorized
  mlacheck replay --subject ./libmine.so 'merge_states(T=3)'
  mlacheck replay --cases-file mine.cases --variant vectorized
  mlacheck list --op merge_states      the fields of its case lines)";

struct Options {
  SweepOptions sweep;
  Isolation isolation;
  std::vector<std::string> lines;
  std::string cases_file;
  std::vector<std::string> choices;
};

std::vector<Case> cases_of(const Options& given) {
  if (!given.cases_file.empty()) return cases_file_argument(given.cases_file);
  std::vector<Case> cases;
  for (const std::string& line : given.lines) {
    cases.push_back(case_argument(line));
    if (cases.back().op() == cases.front().op()) continue;
    throw std::invalid_argument(
        fmt::format("case '{}': expected one of {}, as the first", line, cases.front().op()));
  }
  return cases;
}

int run(Options& given) {
  if (given.lines.empty() && given.cases_file.empty()) {
    throw std::invalid_argument("CASE is required, or --cases-file FILE");
  }
  SweepOptions& options = given.sweep;
  BatteryOptions& battery = options.battery;
  battery.thorough = true;
  for (const std::string& text : given.choices) battery.choices.push_back(choice_argument(text));
  apply(given.isolation, options);
  const std::vector<Case> cases = cases_of(given);
  options.select.ops = {cases.front().op()};
  const auto backends = make_backends();
  stop_on_signals();
  Tally tally;
  const std::unique_ptr<CaseRunner> runner =
      options.make_runner ? options.make_runner() : make_local_runner(backends);
  for (const Row& row : rows_to_run(options.select, backends)) {
    runner->refresh();
    for (const Case& c : cases) {
      if (interrupted_by() != 0) break;
      CaseResult result = runner->run(row, c, battery, options.limits);
      if (result.interrupted) break;
      if (cases.size() == 1) add_last_checks(row, c, *runner, battery, options.limits, result);
      tally.add(result.verdict);
      print(row, c, std::move(result), cases.size() > 1);
      std::cout << std::flush;
    }
  }
  return end_report(exit_code(tally));
}

}  // namespace

void replay_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "replay", "Runs a case again, as its case line says",
      help_footer(kExamples, {.passed = "every variant passed",
                              .failed = "a failure, crash or hang, or a pass that shows nothing",
                              .usage = "bad usage, or a case line that is no case of the op"}));
  CLI::Option* const lines = command.add_option("CASE", given->lines,
                                                "Case line, such as 'strided_bmm(T=2,latent=17)'; "
                                                "several of one op run one after the other in "
                                                "one process");
  add_cases_file(command, given->cases_file, "In place of CASE")->excludes(lines);
  add_selection(command, given->sweep.select);
  add_repeatable(command, "--choice", "CHECK=NUMBER", given->choices,
                 "Which of its alternatives a check tries first, as a report says it: K8 a "
                 "neighbour, K10 and K11 relations, K13 an operand and a distance");
  add_isolation(command, given->isolation);
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
