#include "harness/sweep/known.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

bool fits(const std::string& pattern, const std::string& word) {
  return pattern == "*" || pattern == (word.empty() ? "-" : word);
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_check(const std::string& word) {
  return word == "*" ||
         std::ranges::any_of(kCheckNames, [&](const auto& name) { return word == name; });
}

KnownFinding entry_of(const std::string& text) {
  KnownFinding entry;
  entry.text = text;
  std::istringstream words(text);
  words >> entry.op >> entry.variant >> entry.check >> entry.operand;
  std::getline(words, entry.kind);
  entry.kind = trimmed(entry.kind);
  if (entry.kind.empty()) {
    throw std::invalid_argument("'" + excerpt(text) +
                                "', expected op, variant, check, operand and kind");
  }
  if (entry.op != "*" && find_op(entry.op) == nullptr) {
    std::vector<std::string> names;
    for (const OpEntry& op : ops()) names.push_back(op.model->schema().op);
    throw std::invalid_argument("op '" + excerpt(entry.op) + "', " +
                                expected_one_of(entry.op, names));
  }
  if (!is_check(entry.check)) {
    throw std::invalid_argument("check '" + excerpt(entry.check) +
                                "', expected K1 and so on, or *");
  }
  return entry;
}

}  // namespace

bool KnownFinding::concerns(const Row& row) const {
  return fits(op, row.op_name()) && fits(variant, row.subject.variant);
}

bool KnownFinding::matches(const Finding& finding) const {
  return fits(check, std::string(name_of(finding.check))) && fits(operand, finding.operand) &&
         fits(kind, finding.kind);
}

std::vector<KnownFinding> known_findings(const std::string& file,
                                         const std::vector<std::string_view>& lines) {
  std::vector<KnownFinding> entries;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t comment = lines[i].find('#');
    const std::string text = trimmed(std::string(lines[i].substr(0, comment)));
    if (text.empty()) continue;
    try {
      entries.push_back(entry_of(text));
    } catch (const std::invalid_argument& unusable) {
      throw std::invalid_argument(file + ":" + std::to_string(i + 1) + ": " + unusable.what());
    }
    if (comment != std::string::npos)
      entries.back().reason = trimmed(std::string(lines[i].substr(comment + 1)));
  }
  return entries;
}

std::string known_as(const Finding& finding) {
  return std::string(name_of(finding.check)) + " " +
         (finding.operand.empty() ? "-" : finding.operand) + " " + finding.kind;
}

void forgive(CaseResult& result, const Row& row, std::span<const KnownFinding> known,
             std::vector<std::int64_t>& met) {
  std::vector<Finding>& findings = result.evidence.findings;
  bool any = false;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!known[i].concerns(row)) continue;
    const auto gone =
        std::erase_if(findings, [&](const Finding& finding) { return known[i].matches(finding); });
    met[i] += gone > 0 ? 1 : 0;
    any = any || gone > 0;
  }
  if (any) result.verdict = decide(result.evidence);
}

}  // namespace mlacheck
