#include "harness/sweep/cost_run.hpp"

#include "harness/checks/driver_account.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/execute/execute.hpp"

namespace mlacheck {

CostRow cost_row_of(const Case& c, const Row& row) {
  CostRow result;
  result.op = c.op();
  result.variant = row.subject.variant;
  result.backend = row.backend;
  return result;
}

Verdict verdict_of(const CostRow& row) {
  if (!row.error.empty()) return Verdict::error;
  if (!row.crashed.empty()) return Verdict::crashed;
  if (!row.timed_out.empty()) return Verdict::timed_out;
  if (!row.skipped.empty()) return Verdict::skipped;
  return row.as_contracted() ? Verdict::passed : Verdict::failed;
}

CostRow count_cost(const Case& c, const Row& row, Backend& backend) {
  CostRow result = cost_row_of(c, row);
  result.skipped = reason_to_skip(row, backend);
  if (!result.skipped.empty()) return result;
  const OpModel& model = row.model();
  const Problem problem = model.materialise(c, row.subject.contract_name());
  result.contract = model.cost(c, problem, row.subject.contract_name());
  const Run run = execute(row.subject, problem, backend, Poison::ones);
  result.counted = run.cost;
  result.watched = run.driver.has_value();
  if (run.driver) result.contradictions = contradictions_of(run.cost, run.launches, *run.driver);
  if (run.status.code() == StatusCode::unsupported) {
    result.skipped = run.status.message();
  } else if (!run.harness_error.empty()) {
    result.error = run.harness_error;
  } else if (!run.status.ok()) {
    result.failed = run.status.message();
  } else if (!run.findings.empty()) {
    result.failed = run.findings.front().text;
  } else if (!run.receipt) {
    result.failed = "some blocks of its launches never ran";
  }
  return result;
}

std::vector<CostRow> count_costs(const Case& c, Selection selection, const CountCost& count) {
  const auto backends = make_backends();
  selection.ops = {c.op()};
  std::vector<CostRow> rows;
  for (const Row& row : select_rows(selection, backends)) {
    CostRow counted =
        count ? count(c, row) : count_cost(c, row, backend_named(backends, row.backend));
    if (interrupted_by() != 0) break;  // one that was broken off tells nothing
    rows.push_back(std::move(counted));
  }
  return rows;
}

}  // namespace mlacheck
