#include "harness/cli/json_report.hpp"

#include <nlohmann/json.hpp>

#include "harness/cli/version.hpp"
#include "harness/report/render.hpp"
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
          {"findings", findings}};
}

Json row_json(const RowResult& result) {
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
          {"verdict", name_of(result.verdict())},
          {"counts", counts(result.tally)},
          {"checks", checks},
          {"worst_ratio", result.worst_ratio},
          {"ratios", result.ratios},
          {"rule", result.rule},
          {"unavailable", printable(result.unavailable)},
          {"skips", reasons_json(result.skips)},
          {"left_out", left_out},
          {"ended_early", result.ended},
          {"configuration",
           {{"cases", result.coverage.cases()},
            {"classes", result.coverage.classes().size()},
            {"missing", result.coverage.missing()},
            {"pairs_met", pairs.met},
            {"pairs", pairs.all}}},
          {"failures", failures}};
}

}  // namespace

std::string json_report(const SweepResult& result) {
  Json rows = Json::array();
  for (const RowResult& row : result.rows) rows.push_back(row_json(row));
  const BuildFacts facts = build_facts();
  const Json report = {{"mlacheck",
                        {{"version", facts.version},
                         {"commit", facts.commit},
                         {"compiler", facts.compiler},
                         {"build", facts.build},
                         {"sanitizer", facts.sanitizer}}},
                       {"command_line", command_line()},
                       {"seed", result.seed},
                       {"seconds", result.seconds},
                       {"verdict", name_of(result.verdict())},
                       {"error", printable(result.error)},
                       {"interrupted", result.interrupted_by != 0},
                       {"counts", counts(result.cases())},
                       {"rows", rows}};
  return report.dump(2) + "\n";
}

}  // namespace mlacheck
