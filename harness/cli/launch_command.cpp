#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/commands.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/execute/execute.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/case_source.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {
namespace {

constexpr const char* kExamples = R"(Examples:
  mlacheck launch --backend cuda --op mla_decode --cases 60 --seed 1
  compute-sanitizer --tool initcheck mlacheck launch --backend cuda)";

struct Options {
  Selection select;
  std::vector<std::string> mutants;
  std::uint64_t seed = 0;
  std::int64_t cases = 0;
};

int run(const Options& given) {
  for (const std::string& library : given.mutants) static_cast<void>(add_mutants(library));
  const auto backends = make_backends();
  Tally tally;
  for (const Row& row : rows_to_run(given.select, backends)) {
    Backend& backend = backend_named(backends, row.backend);
    const std::string reason = reason_to_skip(row, backend);
    std::int64_t ran = 0;
    std::int64_t outside = 0;
    std::string failure;
    if (reason.empty()) {
      const CaseSource source(row, given.seed);
      const std::int64_t last = source.required() + given.cases;
      for (std::int64_t number = 0; number < last && failure.empty(); ++number) {
        const Case c = source.case_number(number);
        if (!row.model().outside_domain(c).empty()) {
          ++outside;
          continue;
        }
        const Problem problem = row.model().materialise(c, row.subject.contract_name());
        const Status status = launch_only(row.subject, problem, backend);
        if (status.ok()) {
          ++ran;
        } else if (status.code() == StatusCode::unsupported) {
          ++outside;
        } else {
          failure = c.line() + ": " + status.message();
        }
      }
    }
    std::cout << row.op_name() << ' ' << row.subject.variant << " on " << row.backend << ": ";
    if (!reason.empty()) {
      tally.add(Verdict::skipped);
      std::cout << "SKIPPED, " << reason << '\n';
    } else if (!failure.empty()) {
      tally.add(Verdict::failed);
      std::cout << "FAILED, " << failure << '\n';
    } else {
      tally.add(ran > 0 ? Verdict::passed : Verdict::untested);
      std::cout << ran << " cases launched, " << outside << " outside the variant's domain\n";
    }
  }
  std::cout << "seed " << given.seed << '\n';
  return exit_code(tally);
}

}  // namespace

void launch_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "launch", "Runs kernels without checking them, for outside tools such as initcheck",
      help_footer(kExamples, {.passed = "every kernel was launched and ended",
                              .failed = "a call failed, or no case was in the domain of a variant",
                              .interruptible = false}));
  add_repeatable(command, "--op", "OP", given->select.ops, "Only this op");
  add_selection(command, given->select);
  add_repeatable(command, "--mutants", "LIBRARY", given->mutants,
                 "Also offer the mutants of this library");
  add_whole(command, "--cases", given->cases, 0, kMostCases,
            "Drawn cases for each row, after the required ones (default: 0)");
  add_fresh_seed(command, given->seed);
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
