// The machine-readable reports: one JSON object each, as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/study/criterion_run.hpp"
#include "harness/study/mutant_run.hpp"
#include "harness/sweep/sweep.hpp"

namespace mlacheck {

/// What made a report.
struct BuildFacts {
  std::string version;    ///< of the project
  std::string commit;     ///< as git describes it, or "unknown" outside a checkout
  std::string compiler;   ///< of host code, with its version
  std::string build;      ///< CMake's build type
  std::string sanitizer;  ///< or "none"
};

/// Keys: mlacheck{version, commit, compiler, build, sanitizer}, command_line, seed, seconds,
/// verdict, error, interrupted, counts{verdict: cases}, rows[{op, backend, device, variant,
/// verdict, counts, checks{name: {cases, failed}}, worst_ratio, ratios[11], rule, unavailable,
/// skips[{reason, cases}], left_out{check: [{reason, cases}]}, ended_early, configuration,
/// failures[{case, original, after, confirmed, minimal, interrupted, verdict, replay, error, crash,
/// timeout, findings[{check, operand, kind, text, choice}]}]}].
std::string json_report(const SweepResult& result, const BuildFacts& build,
                        const std::string& command_line);

/// Keys: seed, interrupted, mutants[{...}], others[{id, op, backend, variant, summary, only_gpu,
/// tool, left_out}], which are those of `all` that the battery is not asked about.
std::string json_report(const std::vector<MutantResult>& results, const std::vector<Mutant>& all,
                        std::uint64_t seed, bool interrupted);

/// Keys: seed, drawn, criteria[{...}], mutants[{...}].
std::string json_report(const CriterionReport& report, const CriterionOptions& options);

}  // namespace mlacheck
