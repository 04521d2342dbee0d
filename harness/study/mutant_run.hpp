// The battery against mutants: does every known defect get caught, and by which check?
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/study/known_kills.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/case_runner.hpp"

namespace mlacheck {

struct MutantOptions {
  std::vector<std::string> only;     ///< ids, a control's for every op that has it; empty: all
  std::int64_t cases = 4000;         ///< for each mutant at most
  std::int64_t control_cases = 400;  ///< that a control carries out
  double seconds = 60;               ///< for each mutant at most
  double case_seconds = 20;          ///< a case that takes longer counts as a hang
  double shrink_seconds = 300;       ///< for the case that killed: a real model's takes long
  std::uint64_t seed = 1;            ///< fixed, so that a run can be repeated
  unsigned jobs = 1;
  KnownKills known;        ///< cases to try before any other
  MakeRunner make_runner;  ///< must isolate: mutants crash
};

struct MutantResult {
  Mutant mutant;
  /// Check that fired -> the first case in which it did. "crash" for a process that died; one that
  /// hung counts for K16.
  std::map<std::string, std::string> fired;
  std::string killer;  ///< the check that fired first
  std::string killing_case;
  std::int64_t cases_to_kill = 0;
  std::int64_t cases = 0;
  double seconds = 0;
  std::string error;    ///< the harness failed
  std::string skipped;  ///< why it could not run here
  /// What a sweep's report would show of the killing case, once it is shrunk.
  std::string smallest;
  /// Empty if `smallest` fails in a fresh process and none of its simpler_cases() fails in the same
  /// way; else what is wrong with it.
  std::string not_minimal;
  KnownKill main_kill;  ///< in which the main check found it
  /// The case that was known to kill it did so again: nothing else was tried.
  bool as_known = false;

  bool killed() const { return !fired.empty(); }
  /// Names of the checks that fired: "K2 K8".
  std::string checks_fired() const;
  /// The smallest case, or the killing one where none was looked for.
  const std::string& case_to_show() const { return smallest.empty() ? killing_case : smallest; }
  /// Its recipe leaves open which check finds it. Then no smallest case is looked for.
  bool any_check_will_do() const;
  /// The check that the mutant's recipe names first fired, too.
  bool main_fired() const;
  /// A defect that shows by the timing of a GPU need not fail again, so that nothing is asked of the
  /// case there.
  bool case_is_as_expected() const { return not_minimal.empty() || mutant.backend == "cuda"; }
  /// As it should be: a mutant killed, also by its main check, and with a minimal counterexample; a
  /// control alive or skipped.
  bool as_expected() const;
};

/// Runs each mutant on the case that is known to kill it. Where there is none, or its main check no longer
/// finds anything in it: on some drawn cases, then on the op's required ones, then on more drawn ones,
/// until its main check has fired or its share is spent. Those that are not for the battery are not
/// run. A signal (stop_on_signals()) ends that: mutants that had no result by then are left out.
std::vector<MutantResult> run_mutants(const std::vector<Mutant>& mutants,
                                      const MutantOptions& options,
                                      const std::function<void(const MutantResult&)>& progress);

}  // namespace mlacheck
