#include <iostream>

#include "harness/cli/commands.hpp"
#include "harness/cli/selection.hpp"
#include "harness/execute/execute.hpp"
#include "harness/sweep/case_source.hpp"

namespace mlacheck {

int launch_command(const SweepOptions& options) {
  const auto backends = make_backends();
  Tally tally;
  for (const Row& row : rows_to_run(options.select, backends)) {
    Backend& backend = backend_named(backends, row.backend);
    const std::string reason = reason_to_skip(row, backend);
    std::int64_t ran = 0;
    std::int64_t outside = 0;
    std::string failure;
    if (reason.empty()) {
      const CaseSource source(row, options.seed);
      const std::int64_t last = source.required() + options.cases.value_or(0);
      for (std::int64_t number = 0; number < last && failure.empty(); ++number) {
        const Problem problem =
            row.model().materialise(source.case_number(number), row.subject.contract_name());
        const Status status = launch_only(row.subject, problem, backend);
        if (status.ok()) {
          ++ran;
        } else if (status.code() == StatusCode::unsupported) {
          ++outside;
        } else {
          failure = source.case_number(number).line() + ": " + status.message();
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
  std::cout << "seed " << options.seed << '\n';
  return exit_code(tally);
}

}  // namespace mlacheck
