#include <algorithm>
#include <set>

#include "harness/core/text.hpp"
#include "harness/run/render.hpp"
#include "harness/run/wrap.hpp"

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

std::string findings_text(const std::vector<Finding>& findings) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, findings.size()); ++i) {
    text += line_of(name_of(findings[i].check), findings[i].text);
  }
  if (findings.size() <= kShown) return text;
  std::set<std::string> more;
  for (std::size_t i = kShown; i < findings.size(); ++i) {
    more.insert(std::string(name_of(findings[i].check)));
  }
  std::string of;
  for (const std::string& name : more) of += (of.empty() ? "" : " ") + name;
  return text + line_of("", "and " + std::to_string(findings.size() - kShown) + " more: " + of);
}

std::string shrunk_text(const Counterexample& found) {
  if (found.shrink_runs == 0) return {};
  std::string text =
      found.smallest == found.original
          ? line_of("shrunk",
                    "nothing simpler fails: " + std::to_string(found.shrink_runs) + " runs")
          : line_of("shrunk", "by " + std::to_string(found.shrink_runs) +
                                  (found.shrink_runs == 1 ? " run from " : " runs from ") +
                                  found.original.line());
  if (!found.minimal) {
    text += line_of("", found.interrupted ? "interrupted: smaller cases may fail"
                                          : "stopped at its limit: smaller cases may fail");
  }
  return text;
}

std::string again_text(const Counterexample& found) {
  if (!found.confirmed) {
    return line_of("again", "it passed in a fresh process, and after each of the cases before it");
  }
  if (found.after.empty()) return {};
  return line_of("again",
                 "it passes in a fresh process, and fails there after " +
                     std::string(found.after.size() == 1 ? "the other case" : "the other cases") +
                     " of the replay: something is kept between calls");
}

// The alternatives that the findings name, as the replay needs them.
std::vector<Choice> choices_of(const Counterexample& found) {
  std::vector<Choice> choices;
  if (found.failing.choice) choices.push_back(*found.failing.choice);
  return choices;
}

}  // namespace

std::string replay_command(const SweepRow& row, const Counterexample& found) {
  std::string text = "mlacheck replay ";
  const std::string next = " \\\n" + std::string(kLabel + 2, ' ');
  for (const Case& c : found.after) text += shell_quoted(c.line()) + next;
  text += shell_quoted(found.smallest.line()) + next + "--backend " + shell_quoted(row.backend) +
          " --variant " + shell_quoted(row.subject.variant);
  for (const Choice& choice : choices_of(found)) {
    text += next + "--choice " + std::string(name_of(choice.check)) + "=" +
            std::to_string(choice.number);
  }
  if (row.table != nullptr && !row.table->origin.empty()) {
    text += next + row.table->option + " " + shell_quoted(row.table->origin);
  }
  return text;
}

std::string render_failure(const SweepRow& row, const Counterexample& found) {
  const Evidence& evidence = found.result.evidence;
  std::string text =
      wrapped(std::string(name_of(found.result.verdict)) + "  " + row.op->model->schema().op +
                  ", variant " + printable_line(row.subject.variant) + " on " + row.backend,
              "");
  text += line_of("device", row.device);
  text += line_of("case", found.smallest.line());
  text += shrunk_text(found);
  if (!evidence.crash.empty()) text += line_of("ended", evidence.crash);
  if (!evidence.timeout.empty()) text += line_of("ended", evidence.timeout);
  if (!found.result.rule.empty()) text += line_of("bound", found.result.rule);
  text += findings_text(evidence.findings);
  if (!evidence.harness_error.empty()) text += line_of("error", evidence.harness_error);
  text += again_text(found);
  return text + label("replay") + replay_command(row, found) + "\n";
}

}  // namespace mlacheck
