// What the battery found in one case.
#pragma once

#include <string>
#include <vector>

#include "harness/sweep/battery.hpp"

namespace mlacheck::testing_support {

/// Texts of the findings of one check.
inline std::vector<std::string> findings_of(const CaseResult& result, Check check) {
  std::vector<std::string> found;
  for (const Finding& finding : result.evidence.findings) {
    if (finding.check == check) found.push_back(finding.text);
  }
  return found;
}

inline bool has(const CaseResult& result, Check check) {
  return !findings_of(result, check).empty();
}

/// All findings, a line each.
inline std::string texts(const CaseResult& result) {
  std::string text;
  for (const Finding& finding : result.evidence.findings) {
    text += std::string(name_of(finding.check)) + " " + finding.text + "\n";
  }
  return text;
}

}  // namespace mlacheck::testing_support
