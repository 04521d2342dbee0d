#include "harness/run/render.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace mlacheck {
namespace {

// Cases by check would take a line of their own each: the table has room for a mark.
constexpr std::array<Check, 19> kColumns{
    Check::shapes,   Check::layout,        Check::poison,  Check::dead_input,   Check::canary,
    Check::guard,    Check::edge,          Check::history, Check::repeat,       Check::batch,
    Check::probe,    Check::metadata,      Check::width,   Check::quantisation, Check::alias,
    Check::liveness, Check::configuration, Check::cost,    Check::agreement};

std::string padded(const std::string& text, std::size_t width, bool right = false) {
  if (text.size() >= width) return text;
  const std::string space(width - text.size(), ' ');
  return right ? space + text : text + space;
}

// The two lines over a column: "K13" is a 1 above a 3.
std::string column_name(Check check) {
  const std::string name(name_of(check));
  if (name.front() != 'K') return check == Check::cost ? " $" : " =";
  return name.size() == 2 ? " " + name.substr(1) : name.substr(1);
}

char check_mark(const SweepRow& row, Check check) {
  const auto found = row.checks.find(check);
  if (found == row.checks.end() || found->second.cases == 0) return '.';
  return found->second.failed > 0 ? 'X' : 'o';
}

std::string bound_cell(const SweepRow& row) {
  if (row.worst_ratio == 0) return "exact";
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", row.worst_ratio);
  return text;
}

std::string indented(const std::string& text, const std::string& indent) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += indent + line + "\n";
  return result;
}

std::string render_row(const SweepRow& row) {
  std::string line =
      "  " + padded(row.subject.variant, 18) + padded(compact(row.tally.total()), 8, true) + "  ";
  for (const Check check : kColumns) line += check_mark(row, check);
  line += padded(row.tally.count(Verdict::passed) > 0 ? bound_cell(row) : "-", 8, true);
  return line + "  " + std::string(name_of(row.verdict())) + "\n";
}

std::string render_header(const SweepRow& row) {
  const std::string title = row.op->model->schema().op + " on " + row.backend;
  std::string above = "\n" + padded(title, 29) + "K";
  std::string below = "  " + padded("variant", 18) + padded("cases", 8, true) + "  ";
  for (const Check check : kColumns) {
    const std::string name = column_name(check);
    above += name.front();
    below += name.back();
  }
  above.erase(above.size() - kColumns.size(), 1);  // the K stands over the first column
  return above + "\n" + below + padded("bound", 8, true) + "  verdict\n";
}

std::string render_missing(const SweepRow& row) {
  if (row.matrix.cases() < Matrix::kEnough || row.matrix.missing().empty()) return {};
  std::string text = "\nMISTRUSTED  " + row.op->model->schema().op + ", variant " +
                     row.subject.variant + " on " + row.backend + "\n  K17     " +
                     std::to_string(row.matrix.cases()) + " cases, none of them with";
  const char* separator = " ";
  for (const std::string& name : row.matrix.missing()) {
    text += separator + name;
    separator = ", ";
  }
  return text + "\n";
}

std::string render_summary(const SweepResult& result) {
  std::ostringstream text;
  text << "\n" << result.tally.total() << " cases:";
  const char* separator = " ";
  for (std::size_t v = 0; v < kVerdictCount; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    if (result.tally.count(verdict) == 0) continue;
    text << separator << result.tally.count(verdict) << ' ' << name_of(verdict);
    separator = ", ";
  }
  const std::int64_t ran = result.tally.count(Verdict::passed);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", result.seconds);
  text << "\nseed " << result.seed << ", " << seconds << " s";
  if (ran > 0 && result.tally.overall() == Verdict::passed) {
    char rate[32];
    std::snprintf(rate, sizeof rate, "%.1e", 3.0 / static_cast<double>(ran));
    // The rule of three: n clean cases leave at most 3/n at 95 % confidence.
    text << "\n95 % sure: no defect shows in more than a share " << rate << " of drawn cases";
  }
  text << "\n" << name_of(result.tally.overall()) << "\n";
  return text.str();
}

}  // namespace

std::string compact(std::int64_t count) {
  char text[32];
  if (count < 10000) return std::to_string(count);
  const double value = static_cast<double>(count);
  if (count < 1000000) {
    std::snprintf(text, sizeof text, "%.3gk", value / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.3gM", value / 1e6);
  }
  return text;
}

std::string render_failure(const SweepRow& row, const Failure& failure) {
  const std::string& op = row.op->model->schema().op;
  const Evidence& evidence = failure.result.evidence;
  std::string text = std::string(name_of(failure.result.verdict)) + "  " + op + ", variant " +
                     row.subject.variant + " on " + row.backend + "\n";
  text += "  device  " + row.device + "\n";
  text += "  case    " + failure.smallest.line() + "\n";
  if (failure.shrink_runs > 0) {
    text += "  shrunk  from " + failure.original.line() + "\n          by " +
            std::to_string(failure.shrink_runs) + " runs\n";
  }
  if (!evidence.harness_error.empty()) text += "  error   " + evidence.harness_error + "\n";
  for (const std::string& death : {evidence.crash, evidence.timeout}) {
    if (!death.empty()) text += "  ended   " + indented(death, "          ").substr(10);
  }
  if (!failure.result.rule.empty()) text += "  bound   " + failure.result.rule + "\n";
  constexpr std::size_t kShown = 4;
  for (std::size_t i = 0; i < std::min(kShown, evidence.findings.size()); ++i) {
    const Finding& finding = evidence.findings[i];
    text += "  " + padded(std::string(name_of(finding.check)), 8) +
            indented(finding.text, "          ").substr(10);
  }
  if (evidence.findings.size() > kShown) {
    text +=
        "          and " + std::to_string(evidence.findings.size() - kShown) + " more findings\n";
  }
  if (!failure.confirmed) {
    text += "  again   it passed in a fresh process, and after each of the cases before it\n";
  } else if (!failure.after.empty()) {
    text += "  again   it passes in a fresh process, and fails there after " +
            std::string(failure.after.size() == 1 ? "the other case" : "the other cases") +
            " of the replay:\n          something is kept between calls\n";
  }
  text += "  replay  mlacheck replay ";
  for (const Case& c : failure.after) text += "'" + c.line() + "' \\\n            ";
  text += "'" + failure.smallest.line() + "' \\\n            --backend " + row.backend +
          " --variant " + row.subject.variant;
  if (row.table != nullptr && !row.table->origin.empty()) {
    text += " \\\n            " + row.table->option + " " + row.table->origin;
  }
  return text + "\n";
}

std::string render(const SweepResult& result) {
  std::string text;
  std::string group;
  for (const SweepRow& row : result.rows) {
    const std::string here = row.op->model->schema().op + row.backend;
    if (here != group) text += render_header(row);
    group = here;
    text += render_row(row);
    if (row.verdict() == Verdict::skipped) {
      for (const auto& [reason, count] : row.skips) {
        text += indented("skipped: " + reason, "    ");
      }
    }
  }
  for (const SweepRow& row : result.rows) text += render_missing(row);
  for (const SweepRow& row : result.rows) {
    for (const Failure& failure : row.failures) text += "\n" + render_failure(row, failure);
  }
  return text +
         "\ncolumns: checks K1 to K17, $ cost, = bit-equal to the baseline;\n"
         "o clean, X found something, . does not apply\n" +
         render_summary(result);
}

std::string render_histogram(const SweepResult& result) {
  std::string text = "\nshare of the bound used, elements in tenths (last column: above 1)\n";
  for (const SweepRow& row : result.rows) {
    std::int64_t total = 0;
    for (const std::int64_t count : row.ratios) total += count;
    if (total == 0) continue;
    text += row.op->model->schema().op + " " + row.subject.variant + " " + row.backend + "\n ";
    for (const std::int64_t count : row.ratios) text += padded(compact(count), 7, true);
    text += "\n";
    if (!row.rule.empty()) text += "  " + row.rule + "\n";
  }
  return text;
}

}  // namespace mlacheck
