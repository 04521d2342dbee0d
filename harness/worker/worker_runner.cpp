#include "harness/worker/worker_runner.hpp"

#include <utility>

#include "harness/sweep/sweep.hpp"
#include "harness/worker/protocol.hpp"

namespace mlacheck {
namespace {

std::string question(const Row& row, const Case& c, const std::optional<BatteryOptions>& battery) {
  return text_of(
      Question{row.op_name(), row.backend, row.subject.variant, row.where, c.line(), battery});
}

class WorkerRunner final : public CaseRunner {
 public:
  explicit WorkerRunner(WorkerRunnerOptions options) : client_(std::move(options)) {}

  CaseResult run(const Row& row, const Case& c, const BatteryOptions& options,
                 const RunLimits& limits) override {
    CaseResult result;
    const bool answered = client_.ask(
        question(row, c, options), limits.seconds,
        [&](const std::string& answer) { result = case_result_of(answer); }, result);
    if (answered) client_.look_at_memory(result.evidence);
    result.verdict = decide(result.evidence);
    // A device error may stick to its context.
    if (answered && (result.verdict == Verdict::error || device_failed(result))) client_.refresh();
    return result;
  }

  void refresh() override { client_.refresh(); }

 private:
  static bool device_failed(const CaseResult& result) {
    for (const Finding& finding : result.evidence.findings) {
      if (finding.check == Check::liveness || finding.check == Check::guard ||
          finding.check == Check::width)
        return true;
    }
    return false;
  }

  WorkerClient client_;
};

CostRow count_in(WorkerClient& client, const Case& c, const Row& row, double seconds) {
  CostRow counted = cost_row_of(c, row);
  CaseResult result;
  const bool answered = client.ask(
      question(row, c, {}), seconds,
      [&](const std::string& answer) { counted = cost_row_of(answer); }, result);
  if (answered) client.look_at_memory(result.evidence);
  counted.crashed = result.evidence.crash;
  counted.timed_out = result.evidence.timeout;
  for (const Finding& finding : result.evidence.findings) counted.failed = finding.text;
  if (!result.evidence.harness_error.empty()) counted.error = result.evidence.harness_error;
  return counted;
}

}  // namespace

std::unique_ptr<CaseRunner> make_worker_runner(WorkerRunnerOptions options) {
  return std::make_unique<WorkerRunner>(std::move(options));
}

CountCost make_worker_counter(const WorkerRunnerOptions& options, double seconds) {
  const auto client = std::make_shared<WorkerClient>(options);
  return [client, seconds](const Case& c, const Row& row) {
    return count_in(*client, c, row, seconds);
  };
}

}  // namespace mlacheck
