#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.hpp"
#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/study/criteria.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

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

Json report_json(const CriterionReport& report, const CriterionOptions& options) {
  Json rules = Json::array();
  for (std::size_t k = 0; k < criteria().size(); ++k) {
    const Criterion& criterion = criteria()[k];
    const CriterionScore& score = report.scores[k];
    Json caught = Json::array();
    for (const MutantAnswers& result : report.mutants) {
      if (result.caught_by(k)) caught.push_back(result.mutant.id);
    }
    rules.push_back({{"name", criterion.name},
                     {"rule", criterion.rule},
                     {"source", criterion.source},
                     {"caught", score.caught},
                     {"mutants", score.mutants},
                     {"caught_ids", caught},
                     {"cases_kept", score.cases_kept},
                     {"cases", score.cases},
                     {"false_alarms", score.false_alarms},
                     {"correct", score.correct}});
  }
  Json mutants = Json::array();
  for (const MutantAnswers& result : report.mutants) {
    Json caught_by = Json::array();
    for (std::size_t k = 0; k < criteria().size(); ++k) {
      if (result.caught_by(k)) caught_by.push_back(criteria()[k].name);
    }
    mutants.push_back({{"id", result.mutant.id},
                       {"op", result.mutant.op},
                       {"variant", result.mutant.variant},
                       {"ended", result.ended},
                       {"caught_by", caught_by}});
  }
  return {
      {"seed", options.seed}, {"drawn", options.drawn}, {"criteria", rules}, {"mutants", mutants}};
}

}  // namespace

int criterion_command(const std::string& name, const CriterionOptions& options,
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
  if (file.wanted() && !file.write(report_json(report, options).dump(2) + "\n")) return kExitError;
  return kExitPassed;
}

}  // namespace mlacheck
