#include "harness/sweep/case_runner.hpp"

#include <exception>
#include <new>

#include "harness/sweep/battery.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {
namespace {

class LocalRunner final : public CaseRunner {
 public:
  explicit LocalRunner(const std::vector<std::unique_ptr<Backend>>& backends)
      : backends_(backends) {}

  CaseResult run(const Row& row, const Case& c, const BatteryOptions& options,
                 const RunLimits& /*limits*/) override {
    CaseResult result;
    Backend& backend = backend_named(backends_, row.backend);
    result.evidence.skip_reason = reason_to_skip(row, backend);
    if (result.evidence.skip_reason.empty()) {
      try {
        return run_case({&row.model(), row.op->oracle}, c, row.subject, baseline_of(row), backend,
                        options);
      } catch (const std::bad_alloc&) {
        result.evidence.harness_error = "no memory for case " + c.line();
      } catch (const std::exception& error) {
        result.evidence.harness_error = error.what();
      }
    }
    result.verdict = decide(result.evidence);
    return result;
  }

 private:
  const std::vector<std::unique_ptr<Backend>>& backends_;
};

}  // namespace

std::unique_ptr<CaseRunner> make_local_runner(
    const std::vector<std::unique_ptr<Backend>>& backends) {
  return std::make_unique<LocalRunner>(backends);
}

}  // namespace mlacheck
