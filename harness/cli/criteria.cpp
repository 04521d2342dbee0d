#include "harness/cli/criteria.hpp"

#include <fmt/core.h>

#include <iostream>

#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/report/json.hpp"
#include "harness/study/criteria.hpp"

namespace mlacheck {
namespace {

std::string share_of(std::int64_t part, std::int64_t whole) {
  return fmt::format("{}/{}", part, whole);
}

double share(const CriterionScore& score) {
  return score.correct == 0
             ? 0
             : static_cast<double>(score.false_alarms) / static_cast<double>(score.correct);
}

void print_row(const Criterion& criterion, const CriterionScore& score) {
  std::cout << fmt::format("{:<15} {:>9} {:>9} {:>12} {:5.1f} %  {} ({})\n", criterion.name,
                           share_of(score.caught, score.mutants),
                           share_of(score.cases_kept, score.cases),
                           share_of(score.false_alarms, score.correct), 100 * share(score),
                           criterion.rule, criterion.source);
}

void print_mutants(const CriterionReport& report, std::size_t criterion) {
  std::cout << '\n';
  for (const MutantAnswers& result : report.mutants) {
    if (!result.caught_by(criterion)) continue;
    std::cout << fmt::format("caught {:<11} {:<17} {}{}\n", result.mutant.id, result.mutant.op,
                             result.mutant.summary,
                             result.ended.empty() ? "" : fmt::format(" [{}]", result.ended));
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
  std::cout << fmt::format("{:<15} {:>9} {:>9} {:>20}  {}\n", "rule", "caught", "cases",
                           "false alarms", "as it is used");
  for (std::size_t k = 0; k < criteria().size(); ++k) {
    if (all || k == chosen) print_row(criteria()[k], report.scores[k]);
  }
  if (!all) print_mutants(report, chosen);
  if (file.wanted() && !file.write(json_report(report, options))) return kExitError;
  return kExitPassed;
}

}  // namespace mlacheck
