#include "harness/report/json.hpp"

#include <nlohmann/json.hpp>

#include "harness/report/render.hpp"
#include "harness/study/criteria.hpp"
#include "harness/study/mutant_selection.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

Json counts(const Tally& tally) {
  Json result = Json::object();
  for (std::size_t v = 0; v < kVerdictCount; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    if (tally.count(verdict) > 0) result[std::string(name_of(verdict))] = tally.count(verdict);
  }
  return result;
}

Json reasons_json(const ReasonCounts& reasons) {
  constexpr std::size_t kMost = 20;
  Json result = Json::array();
  for (const ReasonCounts::Reason& reason : reasons.most_common(kMost)) {
    result.push_back({{"reason", printable(reason.example)}, {"cases", reason.count}});
  }
  return result;
}

// What the failure has to say of one check: a test of that check shows no other findings.
Json reports_json(const Row& row, const Counterexample& failure) {
  Json reports = Json::object();
  for (const Finding& finding : failure.result.evidence.findings) {
    const std::string name(name_of(finding.check));
    if (!reports.contains(name)) reports[name] = render_failure(row, failure, finding.check);
  }
  // A crash and a hang are of K16. What is of no check is an error of the harness.
  const bool ended = died_or_hung(failure.result);
  if (ended || reports.empty()) {
    const Check check = ended ? Check::liveness : Check::trust;
    reports[std::string(name_of(check))] = render_failure(row, failure);
  }
  return reports;
}

Json failure_json(const Row& row, const Counterexample& failure) {
  Json findings = Json::array();
  for (const Finding& finding : failure.result.evidence.findings) {
    Json entry = {{"check", name_of(finding.check)},
                  {"operand", printable(finding.operand)},
                  {"kind", printable(finding.kind)},
                  {"text", printable(finding.text)}};
    if (finding.choice) {
      entry["choice"] = {{"check", name_of(finding.choice->check)},
                         {"number", finding.choice->number}};
    }
    findings.push_back(std::move(entry));
  }
  Json after = Json::array();
  for (const Case& c : failure.after) after.push_back(c.line());
  return {{"case", failure.smallest.line()},
          {"after", after},
          {"confirmed", failure.confirmed},
          {"original", failure.original.line()},
          {"verdict", name_of(failure.result.verdict)},
          {"minimal", failure.minimal},
          {"interrupted", failure.interrupted},
          {"replay", replay_command(row, failure)},
          {"error", printable(failure.result.evidence.harness_error)},
          {"crash", printable(failure.result.evidence.crash)},
          {"timeout", printable(failure.result.evidence.timeout)},
          {"findings", findings},
          {"reports", reports_json(row, failure)}};
}

Json row_json(const RowResult& result, const std::vector<KnownFinding>& known) {
  Json known_met = Json::object();
  for (std::size_t i = 0; i < result.known_met.size(); ++i) {
    if (result.known_met[i] > 0) known_met[printable_line(known[i].text)] = result.known_met[i];
  }
  Json checks = Json::object();
  for (const auto& [check, count] : result.checks) {
    checks[std::string(name_of(check))] = {{"cases", count.cases}, {"failed", count.failed}};
  }
  Json failures = Json::array();
  for (const Counterexample& failure : result.failures)
    failures.push_back(failure_json(result.row, failure));
  Json left_out = Json::object();
  for (const auto& [check, reasons] : result.left_out) {
    left_out[std::string(name_of(check))] = reasons_json(reasons);
  }
  const Coverage::Pairs pairs = result.coverage.pairs();
  return {{"op", result.row.op_name()},
          {"backend", result.row.backend},
          {"device", result.row.device},
          {"variant", printable_line(result.row.subject.variant)},
          {"domain", result.row.domain},
          {"verdict", name_of(result.verdict())},
          {"counts", counts(result.tally)},
          {"checks", checks},
          {"worst_ratio", result.worst_ratio},
          {"ratios", result.ratios},
          {"rule", result.rule},
          {"unavailable", printable(result.unavailable)},
          {"skips", reasons_json(result.skips)},
          {"left_out", left_out},
          {"known", known_met},
          {"ended_early", result.ended},
          {"configuration",
           {{"cases", result.coverage.cases()},
            {"classes", result.coverage.classes().size()},
            {"missing", result.coverage.missing()},
            {"pairs_met", pairs.met},
            {"pairs", pairs.all}}},
          {"failures", failures}};
}

Json mutant_json(const MutantResult& result) {
  return {{"id", result.mutant.id},
          {"op", result.mutant.op},
          {"variant", result.mutant.variant},
          {"summary", result.mutant.summary},
          {"expected", result.mutant.checks},
          {"reason", result.mutant.reason},
          {"killed", result.killed()},
          {"main_fired", result.main_fired()},
          {"killer", result.killer},
          {"case", result.killing_case},
          {"smallest", result.smallest},
          {"not_minimal", result.not_minimal},
          {"as_known", result.as_known},
          {"fired", result.fired},
          {"cases_to_kill", result.cases_to_kill},
          {"cases", result.cases},
          {"seconds", result.seconds},
          {"control", result.mutant.is_control},
          {"backend", result.mutant.backend},
          {"only_gpu", result.mutant.only_gpu},
          {"skipped", printable(result.skipped)},
          {"error", result.error}};
}

// What the battery was not asked about: for an outside tool, or left out.
Json others_json(const std::vector<Mutant>& mutants) {
  Json others = Json::array();
  for (const Mutant& mutant : mutants) {
    if (is_for_battery(mutant)) continue;
    others.push_back({{"id", mutant.id},
                      {"op", mutant.op},
                      {"backend", mutant.backend},
                      {"summary", mutant.summary},
                      {"variant", mutant.variant},
                      {"only_gpu", mutant.only_gpu},
                      {"tool", mutant.tool},
                      {"left_out", mutant.left_out ? mutant.reason : ""}});
  }
  return others;
}

std::string dumped(const Json& json) { return json.dump(2) + "\n"; }

}  // namespace

std::string json_report(const SweepResult& result, const BuildFacts& build,
                        const std::string& command_line) {
  Json rows = Json::array();
  for (const RowResult& row : result.rows) rows.push_back(row_json(row, result.known));
  return dumped({{"mlacheck",
                  {{"version", build.version},
                   {"commit", build.commit},
                   {"compiler", build.compiler},
                   {"build", build.build},
                   {"sanitizer", build.sanitizer}}},
                 {"command_line", command_line},
                 {"seed", result.seed ? Json(*result.seed) : Json()},
                 {"seconds", result.seconds},
                 {"verdict", verdict_word(result)},
                 {"error", printable(result.error)},
                 {"interrupted", result.interrupted_by != 0},
                 {"counts", counts(result.cases())},
                 {"rows", rows}});
}

std::string json_report(const std::vector<MutantResult>& results, const std::vector<Mutant>& all,
                        std::uint64_t seed, bool interrupted) {
  Json mutants = Json::array();
  for (const MutantResult& result : results) mutants.push_back(mutant_json(result));
  return dumped({{"seed", seed},
                 {"interrupted", interrupted},
                 {"mutants", mutants},
                 {"others", others_json(all)}});
}

std::string json_report(const CriterionReport& report, const CriterionOptions& options) {
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
  return dumped({{"seed", options.seed},
                 {"drawn", options.drawn},
                 {"criteria", rules},
                 {"mutants", mutants}});
}

}  // namespace mlacheck
