#include "harness/cli/json_report.hpp"

#include <nlohmann/json.hpp>

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

Json failure_json(const Failure& failure) {
  Json findings = Json::array();
  for (const Finding& finding : failure.result.evidence.findings) {
    findings.push_back({{"check", name_of(finding.check)}, {"text", finding.text}});
  }
  Json after = Json::array();
  for (const Case& c : failure.after) after.push_back(c.line());
  return {{"case", failure.smallest.line()},
          {"after", after},
          {"confirmed", failure.confirmed},
          {"original", failure.original.line()},
          {"verdict", name_of(failure.result.verdict)},
          {"error", failure.result.evidence.harness_error},
          {"crash", failure.result.evidence.crash},
          {"timeout", failure.result.evidence.timeout},
          {"findings", findings}};
}

Json row_json(const SweepRow& row) {
  Json checks = Json::object();
  for (const auto& [check, count] : row.checks) {
    checks[std::string(name_of(check))] = {{"cases", count.cases}, {"failed", count.failed}};
  }
  Json failures = Json::array();
  for (const Failure& failure : row.failures) failures.push_back(failure_json(failure));
  const Matrix::Pairs pairs = row.matrix.pairs();
  return {{"op", row.op->model->schema().op},
          {"backend", row.backend},
          {"device", row.device},
          {"variant", row.subject.variant},
          {"verdict", name_of(row.verdict())},
          {"counts", counts(row.tally)},
          {"checks", checks},
          {"worst_ratio", row.worst_ratio},
          {"ratios", row.ratios},
          {"rule", row.rule},
          {"skips", row.skips},
          {"configuration",
           {{"cases", row.matrix.cases()},
            {"classes", row.matrix.classes().size()},
            {"missing", row.matrix.missing()},
            {"pairs_met", pairs.met},
            {"pairs", pairs.all}}},
          {"failures", failures}};
}

}  // namespace

std::string json_report(const SweepResult& result) {
  Json rows = Json::array();
  for (const SweepRow& row : result.rows) rows.push_back(row_json(row));
  const Json report = {{"seed", result.seed},
                       {"seconds", result.seconds},
                       {"verdict", name_of(result.tally.overall())},
                       {"counts", counts(result.tally)},
                       {"rows", rows}};
  return report.dump(2) + "\n";
}

}  // namespace mlacheck
