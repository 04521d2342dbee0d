#include "harness/cli/criteria.hpp"

#include <cstdio>

#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/report/json.hpp"
#include "harness/study/criteria.hpp"

namespace mlacheck {
namespace {

std::string share_of(std::int64_t part, std::int64_t whole) {
  return std::to_string(part) + "/" + std::to_string(whole);
}

double share(const CriterionScore& score) {
  return score.correct == 0
             ? 0
             : static_cast<double>(score.false_alarms) / static_cast<double>(score.correct);
}

void print_row(const Criterion& criterion, const CriterionScore& score) {
  std::printf("%-15s %9s %9s %12s %5.1f %%  %s (%s)\n", std::string(criterion.name).c_str(),
              share_of(score.caught, score.mutants).c_str(),
              share_of(score.cases_kept, score.cases).c_str(),
              share_of(score.false_alarms, score.correct).c_str(), 100 * share(score),
              std::string(criterion.rule).c_str(), std::string(criterion.source).c_str());
}

void print_mutants(const CriterionReport& report, std::size_t criterion) {
  std::printf("\n");
  for (const MutantAnswers& result : report.mutants) {
    if (!result.caught_by(criterion)) continue;
    std::printf("caught %-11s %-17s %s%s\n", result.mutant.id.c_str(), result.mutant.op.c_str(),
                result.mutant.summary.c_str(),
                result.ended.empty() ? "" : (" [" + result.ended + "]").c_str());
  }
}

}  // namespace

int print_criteria(const std::string& name, const CriterionOptions& options,
                   const std::string& library, const std::string& json) {
  const bool all = name == "all";
  const std::size_t chosen = all ? 0 : criterion_index(name);
  ReportFile file("--json", json);
  if (!file.open()) return kExitUsage;
  const std::vector<Mutant> mutants = add_mutants(library);
  check_mutants(mutants, options.only, library);
  const CriterionReport report = run_criteria(mutants, options);
  std::printf("%-15s %9s %9s %20s  %s\n", "rule", "caught", "cases", "false alarms",
              "as it is used");
  for (std::size_t k = 0; k < criteria().size(); ++k) {
    if (all || k == chosen) print_row(criteria()[k], report.scores[k]);
  }
  if (!all) print_mutants(report, chosen);
  if (file.wanted() && !file.write(json_report(report, options))) return kExitError;
  return kExitPassed;
}

}  // namespace mlacheck
