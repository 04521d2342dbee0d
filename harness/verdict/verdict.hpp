// The state of one case, or of a table cell, and how states add up to an exit code.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/verdict/finding.hpp"

namespace mlacheck {

enum class Verdict {
  untested,  ///< the initial state: nothing has been shown
  passed,
  skipped,     ///< could not run here, for a stated reason
  mistrusted,  ///< nothing failed, and nothing was proved
  failed,
  crashed,  ///< the subject took its process down
  timed_out,
  error,  ///< the harness itself could not do its work
};

inline constexpr std::size_t kVerdictCount = 8;

std::string_view name_of(Verdict verdict);

/// A check that could not be carried out, though the case calls for it.
struct LeftOut {
  Check check;
  std::string reason;

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// What happened to one case.
struct Evidence {
  bool executed = false;      ///< the subject ran to the end at least once
  bool receipt = false;       ///< every launch proved that all its blocks ran
  std::int64_t compared = 0;  ///< elements compared with the oracle
  std::string skip_reason;    ///< non-empty: its first run was declined
  std::string harness_error;  ///< non-empty: the harness failed
  std::string crash;          ///< non-empty: the process that ran the subject died, and how
  std::string timeout;        ///< non-empty: the subject did not come back in time
  std::vector<Finding> findings;
  std::vector<LeftOut> left_out;
};

/// A pure function of the evidence. Order: crashed, timed out, failed (any finding but `trust`),
/// error, skipped, untested (nothing executed), mistrusted, passed. A process that died or hung
/// cannot be believed about anything else that it said. A finding outranks an error and a skip:
/// findings of a run that the harness itself could not finish are not taken over in the first
/// place (Session::accept).
Verdict decide(const Evidence& evidence);

/// Counts of verdicts. The sum always equals the number of cases added.
class Tally {
 public:
  void add(Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  void add(const Tally& other);
  std::int64_t count(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
  std::int64_t total() const;

  /// The verdict of the whole: the worst one present, where a mix of passed and skipped is passed;
  /// untested when empty.
  Verdict overall() const;

 private:
  std::array<std::int64_t, kVerdictCount> counts_{};
};

/// Exit codes of every program of the project.
inline constexpr int kExitPassed = 0;
inline constexpr int kExitFailed = 1;    ///< FAILED, MISTRUSTED, UNTESTED, CRASHED, TIMED_OUT
inline constexpr int kExitUsage = 2;     ///< bad command line or case line
inline constexpr int kExitError = 3;     ///< the harness itself failed
inline constexpr int kExitSkipped = 77;  ///< nothing could run here; ctest shows it as skipped
inline constexpr int kExitSignal = 128;  ///< plus the signal that cut a report short: 130, 143

int exit_code(Verdict verdict);
int exit_code(const Tally& tally);

}  // namespace mlacheck
