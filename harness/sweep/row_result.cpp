#include "harness/sweep/row_result.hpp"

#include <utility>

namespace mlacheck {

RowResult::RowResult(Row of)
    : row(std::move(of)), coverage(row.model().schema(), row.tiles(), row.listed) {}

Verdict RowResult::verdict() const {
  if (!unavailable.empty()) return Verdict::skipped;
  const Verdict of_cases = tally.overall();
  const bool good = of_cases == Verdict::passed || of_cases == Verdict::skipped;
  if (good && !failures.empty()) return Verdict::failed;
  const auto reached = checks.find(Check::configuration);
  const bool gap = reached != checks.end() && reached->second.failed > 0;
  return of_cases == Verdict::passed && gap ? Verdict::mistrusted : of_cases;
}

// A pass that never met a part of the configuration proves nothing about it.
void judge_configuration(RowResult& result) {
  if (result.coverage.cases() < Coverage::kEnough) return;
  CheckCount& count = result.checks[Check::configuration];
  count.cases = result.coverage.cases();
  count.failed = result.coverage.missing().empty() ? 0 : 1;
}

}  // namespace mlacheck
