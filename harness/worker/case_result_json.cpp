#include "harness/worker/case_result_json.hpp"

#include <bit>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/worker/battery_options_json.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

// Subjects print what they like: bytes that are no UTF-8 must not stop a message.
std::string printable(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || (byte < 0x20 && c != '\n' && c != '\t')) c = '?';
  }
  return text;
}

}  // namespace

Json to_json(const CaseResult& result) {
  const Evidence& evidence = result.evidence;
  Json findings = Json::array();
  for (const Finding& finding : evidence.findings) {
    findings.push_back({check_json(finding.check), printable(finding.text),
                        printable(finding.operand), printable(finding.kind),
                        choice_json(finding.choice), finding.unit});
  }
  Json checks = Json::array();
  for (const Check check : result.checks) checks.push_back(check_json(check));
  Json left_out = Json::array();
  for (const LeftOut& check : evidence.left_out) {
    left_out.push_back({check_json(check.check), printable(check.reason)});
  }
  // JSON has no NaN and no infinity, and the ratio may be either: its bits travel.
  return {{"verdict", static_cast<std::size_t>(result.verdict)},
          {"executed", evidence.executed},
          {"receipt", evidence.receipt},
          {"compared", evidence.compared},
          {"skip_reason", printable(evidence.skip_reason)},
          {"harness_error", printable(evidence.harness_error)},
          {"crash", printable(evidence.crash)},
          {"timeout", printable(evidence.timeout)},
          {"findings", findings},
          {"left_out", left_out},
          {"checks", checks},
          {"worst_ratio", std::bit_cast<std::uint64_t>(result.worst_ratio)},
          {"ratios", result.ratios},
          {"rule", result.rule}};
}

CaseResult case_result_of(const Json& json) {
  CaseResult result;
  const auto verdict = json.at("verdict").get<std::size_t>();
  if (verdict >= kVerdictCount) throw std::invalid_argument("verdict " + std::to_string(verdict));
  result.verdict = static_cast<Verdict>(verdict);
  Evidence& evidence = result.evidence;
  evidence.executed = json.at("executed").get<bool>();
  evidence.receipt = json.at("receipt").get<bool>();
  evidence.compared = json.at("compared").get<std::int64_t>();
  evidence.skip_reason = json.at("skip_reason").get<std::string>();
  evidence.harness_error = json.at("harness_error").get<std::string>();
  evidence.crash = json.at("crash").get<std::string>();
  evidence.timeout = json.at("timeout").get<std::string>();
  for (const Json& finding : json.at("findings")) {
    Finding& found = evidence.findings.emplace_back(
        check_of(finding.at(0)), finding.at(1).get<std::string>(), finding.at(2).get<std::string>(),
        finding.at(3).get<std::string>());
    found.choice = choice_of(finding.at(4));
    found.unit = finding.at(5).get<std::string>();
  }
  for (const Json& check : json.at("left_out")) {
    evidence.left_out.push_back({check_of(check.at(0)), check.at(1).get<std::string>()});
  }
  for (const Json& check : json.at("checks")) result.checks.push_back(check_of(check));
  result.worst_ratio = std::bit_cast<double>(json.at("worst_ratio").get<std::uint64_t>());
  result.ratios = json.at("ratios").get<RatioHistogram>();
  result.rule = json.at("rule").get<std::string>();
  return result;
}

}  // namespace mlacheck
