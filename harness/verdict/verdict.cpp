#include "harness/verdict/verdict.hpp"

#include <algorithm>
#include <numeric>

namespace mlacheck {

std::string_view name_of(Verdict verdict) {
  static constexpr std::array<std::string_view, kVerdictCount> kNames{
      "UNTESTED", "PASSED", "SKIPPED", "MISTRUSTED", "FAILED", "CRASHED", "TIMED_OUT", "ERROR"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Verdict decide(const Evidence& evidence) {
  if (!evidence.crash.empty()) return Verdict::crashed;
  if (!evidence.timeout.empty()) return Verdict::timed_out;
  const bool failed = std::any_of(evidence.findings.begin(), evidence.findings.end(),
                                  [](const Finding& f) { return f.check != Check::trust; });
  if (failed) return Verdict::failed;
  if (!evidence.harness_error.empty()) return Verdict::error;
  if (!evidence.skip_reason.empty()) return Verdict::skipped;
  if (!evidence.executed) return Verdict::untested;
  if (!evidence.findings.empty() || !evidence.receipt) return Verdict::mistrusted;
  return Verdict::passed;
}

void Tally::add(const Tally& other) {
  for (std::size_t i = 0; i < kVerdictCount; ++i) counts_[i] += other.counts_[i];
}

std::int64_t Tally::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

Verdict Tally::overall() const {
  // Worst first. UNTESTED is worse than PASSED: a case that never ran shows nothing.
  for (const Verdict verdict : {Verdict::error, Verdict::crashed, Verdict::timed_out,
                                Verdict::failed, Verdict::mistrusted, Verdict::untested}) {
    if (count(verdict) > 0) return verdict;
  }
  if (count(Verdict::passed) > 0) return Verdict::passed;
  return count(Verdict::skipped) > 0 ? Verdict::skipped : Verdict::untested;
}

int exit_code(const Tally& tally) { return exit_code(tally.overall()); }

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return kExitPassed;
    case Verdict::skipped:
      return kExitSkipped;
    case Verdict::error:
      return kExitError;
    default:
      return kExitFailed;
  }
}

}  // namespace mlacheck
