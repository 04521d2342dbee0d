#include "harness/worker/worker_runner.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/run/sweep.hpp"
#include "harness/worker/battery_options_json.hpp"
#include "harness/worker/case_result_json.hpp"

namespace mlacheck {
namespace {

constexpr int kTailLines = 20;

class WorkerRunner final : public CaseRunner {
 public:
  explicit WorkerRunner(WorkerRunnerOptions options) : options_(std::move(options)) {}

  CaseResult run(const SweepRow& row, const Case& c, const BatteryOptions& options,
                 const RunLimits& limits) override {
    const nlohmann::json request = {{"op", row.op->model->schema().op},
                                    {"backend", row.backend},
                                    {"variant", row.subject.variant},
                                    {"case", c.line()},
                                    {"options", to_json(options)}};
    CaseResult result;
    if (!start()) {
      result.evidence.harness_error = "no worker process could be started";
      result.verdict = decide(result.evidence);
      return result;
    }
    worker_->forget_post_mortem();
    std::string answer;
    const Received received = worker_->ask(request.dump(), limits.seconds, answer);
    if (received == Received::message && understood(answer, result)) {
      look_at_memory(result);
      // A device error may stick to its context.
      if (result.verdict == Verdict::error || device_failed(result)) worker_.reset();
    } else {
      explain(received, limits, result);
      worker_.reset();
    }
    result.verdict = decide(result.evidence);
    return result;
  }

  void refresh() override { worker_.reset(); }

 private:
  bool start() {
    fresh_ = worker_ == nullptr;
    if (fresh_) worker_ = std::make_unique<Worker>(options_.command);
    if (worker_->failed()) worker_.reset();
    return worker_ != nullptr;
  }

  static bool understood(const std::string& answer, CaseResult& result) {
    try {
      result = case_result_of(nlohmann::json::parse(answer));
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  static bool device_failed(const CaseResult& result) {
    for (const Finding& finding : result.evidence.findings) {
      if (finding.check == Check::liveness || finding.check == Check::guard) return true;
    }
    return false;
  }

  void look_at_memory(CaseResult& result) {
    const std::size_t before = fresh_ ? 0 : resident_;
    resident_ = worker_->resident_bytes();
    if (resident_ <= options_.memory) return;
    // It may have grown over many cases: one that takes half of the limit for itself is to blame.
    const std::size_t growth = resident_ > before ? resident_ - before : 0;
    if (growth > options_.memory / 2) {
      result.evidence.crash = "the worker grew by " + std::to_string(growth >> 20) + " MiB to " +
                              std::to_string(resident_ >> 20) +
                              " MiB during this case, over the limit of " +
                              std::to_string(options_.memory >> 20) + " MiB";
    }
    worker_.reset();
  }

  void explain(Received received, const RunLimits& limits, CaseResult& result) {
    const std::string ended = worker_->bury(received == Received::timeout);
    const PostMortem& post_mortem = worker_->post_mortem();
    const std::string check = post_mortem.check.data();
    const std::string during = check.empty() ? "" : " during: " + check;
    if (post_mortem.fault.front() != '\0') {
      result.checks.push_back(Check::guard);
      result.evidence.executed = true;
      result.evidence.findings.push_back(
          {Check::guard, std::string(post_mortem.fault.data()) + " (" + check + ")"});
      return;
    }
    const std::string tail = worker_->output_tail(kTailLines);
    const std::string printed = tail.empty() ? "" : "\n" + tail;
    if (received == Received::timeout) {
      result.evidence.timeout =
          "no answer within " + std::to_string(limits.seconds) + " s" + during + printed;
    } else if (received == Received::message || received == Received::broken) {
      result.evidence.crash = "the worker's answer is garbage; it " + ended + during + printed;
    } else {
      result.evidence.crash =
          "the worker " + ended + " in the middle of the case" + during + printed;
    }
  }

  WorkerRunnerOptions options_;
  std::unique_ptr<Worker> worker_;
  bool fresh_ = true;
  std::size_t resident_ = 0;  // after the last answer
};

}  // namespace

std::unique_ptr<CaseRunner> make_worker_runner(WorkerRunnerOptions options) {
  return std::make_unique<WorkerRunner>(std::move(options));
}

}  // namespace mlacheck
