#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/report/render.hpp"
#include "harness/report/wrap.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/choice.hpp"

namespace mlacheck {
namespace {

constexpr std::size_t kLabel = 10;

std::string label(std::string_view name) {
  std::string text = "  " + std::string(name);
  text.resize(std::max(kLabel, text.size() + 1), ' ');
  return text;
}

std::string line_of(std::string_view name, const std::string& text) {
  return labelled(label(name), printable(text));
}

// Two findings of one signature are enough; more add little.
std::string findings_text(const std::vector<Finding>& findings, std::optional<Check> only) {
  constexpr std::size_t kOfAKind = 2;
  std::vector<std::pair<Signature, std::size_t>> seen;
  std::size_t more = 0;
  std::string text;
  for (const Finding& finding : findings) {
    if (only && finding.check != *only) continue;
    const Signature signature = signature_of(finding);
    auto known = std::find_if(seen.begin(), seen.end(),
                              [&](const auto& entry) { return entry.first == signature; });
    if (known == seen.end()) known = seen.emplace(seen.end(), signature, 0);
    if (known->second++ < kOfAKind) {
      text += line_of(name_of(finding.check), finding.text);
    } else {
      ++more;
    }
  }
  if (more > 0) text += line_of("", fmt::format("and {} more of the same kinds", more));
  return text;
}

std::string shrunk_text(const Counterexample& found) {
  if (found.shrink_runs == 0) return {};
  const std::string runs =
      fmt::format("{} run{}", found.shrink_runs, found.shrink_runs == 1 ? "" : "s");
  std::string text =
      found.smallest == found.original
          ? line_of("shrunk", found.minimal ? "nothing simpler fails: " + runs : runs + ", in vain")
          : line_of("shrunk", "by " + runs + " from " + found.original.line());
  if (!found.minimal) {
    text += line_of("", found.interrupted ? "interrupted: smaller cases may fail"
                                          : "smaller cases may fail: it stopped at its limit, or "
                                            "what fails depends on what ran before");
  }
  return text;
}

std::string again_text(const Counterexample& found) {
  if (!found.confirmed) {
    return line_of("again",
                   "this failure did not come back in a fresh process, nor after each of "
                   "the cases before it");
  }
  if (found.after.empty()) return {};
  return line_of("again", fmt::format("it passes in a fresh process, and fails there after the "
                                      "other case{} of the replay: something is kept between calls",
                                      found.after.size() == 1 ? "" : "s"));
}

}  // namespace

std::string replay_command(const Row& row, const Counterexample& found) {
  std::string text = "mlacheck replay ";
  const std::string next = " \\\n" + std::string(kLabel + 2, ' ');
  for (const Case& c : found.after) text += shell_quoted(c.line()) + next;
  text += fmt::format("{}{}--backend {} --variant {}", shell_quoted(found.smallest.line()), next,
                      shell_quoted(row.backend), shell_quoted(row.subject.variant));
  if (const std::optional<Choice>& choice = found.failing.choice) {
    text += fmt::format("{}--choice {}", next, text_of(*choice));
  }
  if (!row.where.empty()) text += fmt::format("{}--where {}", next, shell_quoted(row.where));
  if (row.table != nullptr && !row.table->origin.empty()) {
    text += fmt::format("{}{} {}", next, row.table->option, shell_quoted(row.table->origin));
  }
  return text;
}

std::string render_failure(const Row& row, const Counterexample& found, std::optional<Check> only) {
  const Evidence& evidence = found.result.evidence;
  std::string text =
      wrapped(fmt::format("{}  {}, variant {} on {}", name_of(found.result.verdict), row.op_name(),
                          printable_line(row.subject.variant), row.backend),
              "");
  if (row.table != nullptr && row.table->option.ends_with("--piece")) {
    text += line_of("foreign", "what follows '+' in the variant; the other steps are bundled");
  }
  text += line_of("device", row.device);
  if (!row.domain.empty()) text += line_of("domain", row.domain);
  text += line_of("case", found.smallest.line());
  text += shrunk_text(found);
  if (!evidence.crash.empty()) text += line_of("ended", evidence.crash);
  if (!evidence.timeout.empty()) text += line_of("ended", evidence.timeout);
  if (!found.result.rule.empty()) text += line_of("bound", found.result.rule);
  text += findings_text(evidence.findings, only);
  if (!evidence.harness_error.empty()) text += line_of("error", evidence.harness_error);
  text += again_text(found);
  return text + label("replay") + replay_command(row, found) + "\n";
}

}  // namespace mlacheck
