#include "harness/study/mutant_markdown.hpp"

#include <algorithm>
#include <tuple>

namespace mlacheck {
namespace {

// A cell must not end at a bar of its text.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped + " | ";
}

std::string row(const MutantResult& result) {
  const std::string& shown = result.case_to_show();
  std::string text = "| " + cell(result.mutant.id) + cell('`' + result.mutant.op + '`') +
                     cell(result.mutant.checks.empty() ? "-" : result.mutant.checks.front()) +
                     cell(result.killed() ? result.checks_fired() : "survived") +
                     cell(std::to_string(result.killed() ? result.cases_to_kill : result.cases)) +
                     cell(shown.empty() ? "-" : '`' + shown + '`') + cell(result.mutant.summary);
  text.back() = '\n';
  return text;
}

}  // namespace

std::string mutant_markdown(std::vector<MutantResult> results) {
  std::erase_if(results, [](const MutantResult& result) { return result.mutant.is_control; });
  std::sort(results.begin(), results.end(), [](const MutantResult& a, const MutantResult& b) {
    return std::tie(a.mutant.op, a.mutant.id) < std::tie(b.mutant.op, b.mutant.id);
  });
  std::string text =
      "# The mutants one by one\n\n"
      "Written by `mlacheck mutants --markdown`. `main` is the check that ought to see the defect "
      "first, `cases`\nhow many were run until the first finding, `smallest` what a report shows "
      "of it.\n\n"
      "| mutant | op | main | all checks that fired | cases | smallest | defect |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const MutantResult& result : results) text += row(result);
  return text;
}

}  // namespace mlacheck
