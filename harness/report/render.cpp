#include "harness/report/render.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "harness/report/wrap.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// Widths of the table's columns.
constexpr std::size_t kVariant = 17;
constexpr std::size_t kCount = 6;
constexpr std::size_t kSkipped = 9;

// Cases by check would take a line of their own each: the table has room for a mark.
constexpr std::array<Check, 19> kColumns{
    Check::shapes,   Check::layout,        Check::poison,  Check::dead_input,   Check::canary,
    Check::guard,    Check::edge,          Check::history, Check::repeat,       Check::batch,
    Check::probe,    Check::metadata,      Check::width,   Check::quantization, Check::alias,
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

char check_mark(const RowResult& result, Check check) {
  const auto found = result.checks.find(check);
  if (found != result.checks.end() && found->second.failed > 0) return 'X';
  if (found != result.checks.end() && found->second.cases > 0) return 'o';
  return result.left_out.contains(check) ? '-' : '.';
}

std::string bound_cell(const RowResult& result) {
  if (result.worst_ratio == 0) return "exact";
  char text[16];
  std::snprintf(text, sizeof text, result.worst_ratio < 100 ? "%.2f" : "%.0e", result.worst_ratio);
  return text;
}

std::string render_row(const RowResult& result) {
  const std::int64_t skipped = result.tally.count(Verdict::skipped);
  std::string line = "  " + padded(printable_line(result.row.subject.variant), kVariant) + " " +
                     padded(compact(result.tally.total() - skipped), kCount, true) +
                     padded(compact(skipped), kSkipped, true) + "  ";
  for (const Check check : kColumns) line += check_mark(result, check);
  line += padded(result.tally.count(Verdict::passed) > 0 ? bound_cell(result) : "-", 7, true);
  return line + "  " + std::string(name_of(result.verdict())) + "\n";
}

std::string percent(std::int64_t part, std::int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%",
                100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string reason_list(const ReasonCounts& reasons, const std::string& indent) {
  constexpr std::size_t kShown = 3;
  std::string text;
  std::int64_t shown = 0;
  for (const ReasonCounts::Reason& reason : reasons.most_common(kShown)) {
    shown += reason.count;
    text += wrapped(compact(reason.count) + "  " + printable_line(reason.example) +
                        (reason.varies ? " (and other numbers)" : ""),
                    indent);
  }
  if (shown < reasons.total()) {
    text += indent + compact(reasons.total() - shown) + "  for other reasons\n";
  }
  return text;
}

// Under a row: what did not run, and why.
std::string render_notes(const RowResult& result) {
  std::string text;
  if (!result.unavailable.empty()) {
    text += wrapped("cannot run here: " + printable_line(result.unavailable), "    ");
  }
  if (!result.skips.empty()) {
    const std::int64_t all = result.tally.total();
    const std::int64_t ran = all - result.skips.total();
    text += "    skipped " + percent(result.skips.total(), all) + " of the cases:\n";
    text += reason_list(result.skips, "      ");
    constexpr std::int64_t kFew = 20;  // one in so many
    if (ran * kFew < all) {
      text += wrapped("warning: only " + percent(ran, all) +
                          " of the cases ran: that says little about this variant",
                      "    ");
    }
  }
  for (const auto& [check, reasons] : result.left_out) {
    const auto found = result.checks.find(check);
    const bool nowhere = found == result.checks.end() || found->second.cases == 0;
    text += "    " + std::string(name_of(check)) +
            (nowhere ? " was carried out nowhere:\n" : " was left out of some cases:\n");
    text += reason_list(reasons, "      ");
  }
  if (!result.ended.empty()) text += wrapped("ended early: " + result.ended, "    ");
  return text;
}

std::string render_header(const RowResult& result) {
  const std::size_t before = 2 + kVariant + 1 + kCount + kSkipped + 2;
  const std::string title = result.row.op_name() + " on " + result.row.backend;
  std::string above;
  std::string below = "  " + padded("variant", kVariant) + " " + padded("run", kCount, true) +
                      padded("skipped", kSkipped, true) + "  ";
  for (const Check check : kColumns) {
    const std::string name = column_name(check);
    above += name.front();
    below += name.back();
  }
  above.insert(0, padded(title, before - 1) + "K");
  above.resize(above.find_last_not_of(' ') + 1);
  return "\n" + above + "\n" + below + padded("bound", 7, true) + "  verdict\n";
}

std::string render_missing(const RowResult& result) {
  const auto judged = result.checks.find(Check::configuration);
  if (judged == result.checks.end() || judged->second.failed == 0) return {};
  std::string text = std::to_string(result.coverage.cases()) + " cases, none of them with";
  const char* separator = " ";
  for (const std::string& name : result.coverage.missing()) {
    text += separator + name;
    separator = ", ";
  }
  return "\nMISTRUSTED  " + result.row.op_name() + ", variant " +
         printable_line(result.row.subject.variant) + " on " + result.row.backend + "\n" +
         labelled("  K17     ", text);
}

// The row of which the fewest drawn cases passed; null if in one of them none did.
const RowResult* weakest_row(const SweepResult& result) {
  const RowResult* weakest = nullptr;
  for (const RowResult& row : result.rows) {
    if (row.verdict() == Verdict::skipped) continue;
    if (weakest == nullptr || row.drawn_and_passed < weakest->drawn_and_passed) weakest = &row;
  }
  return weakest != nullptr && weakest->drawn_and_passed > 0 ? weakest : nullptr;
}

// The rule of three: n clean cases leave at most 3/n at 95 % confidence. A defect is one of a row,
// and required cases are not drawn from what it might show in.
std::string render_confidence(const SweepResult& result) {
  const RowResult* const weakest = weakest_row(result);
  constexpr std::int64_t kLeast = 30;  // below, the bound says next to nothing
  if (weakest == nullptr || weakest->drawn_and_passed < kLeast) return {};
  char share[32];
  std::snprintf(share, sizeof share, "%.2g %%",
                300.0 / static_cast<double>(weakest->drawn_and_passed));
  return wrapped("95 % sure of each row: fewer than " + std::string(share) +
                     " of the cases that are drawn for it fail (fewest passed: " +
                     compact(weakest->drawn_and_passed) + " of " + weakest->row.op_name() + " " +
                     printable_line(weakest->row.subject.variant) + " on " + weakest->row.backend +
                     ")",
                 "");
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

std::string render_tables(const SweepResult& result) {
  std::string text;
  std::string group;
  for (const RowResult& row : result.rows) {
    const std::string here = row.row.op_name() + row.row.backend;
    if (here != group) text += render_header(row);
    group = here;
    text += render_row(row) + render_notes(row);
  }
  for (const RowResult& row : result.rows) text += render_missing(row);
  return text +
         "\ncolumns: checks K1 to K17, $ cost, = bit-equal to the baseline;\n"
         "o clean, X found something, - could not be carried out, . does not apply\n";
}

std::string render_summary(const SweepResult& result) {
  std::ostringstream text;
  const Tally cases = result.cases();
  text << "\n" << cases.total() << " cases:";
  const char* separator = " ";
  for (std::size_t v = 0; v < kVerdictCount; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    if (cases.count(verdict) == 0) continue;
    text << separator << cases.count(verdict) << ' ' << name_of(verdict);
    separator = ", ";
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", result.seconds);
  text << "\nseed " << result.seed << ", " << seconds << " s\n";
  if (result.verdict() == Verdict::passed) text << render_confidence(result);
  if (!result.error.empty()) text << wrapped("error: " + printable(result.error), "");
  if (result.interrupted_by != 0) text << "interrupted: this is what was there\n";
  text << name_of(result.verdict()) << "\n";
  return text.str();
}

std::string render_histogram(const SweepResult& result) {
  std::string text = "\nshare of the bound used, elements in tenths (last column: above 1)\n";
  for (const RowResult& row : result.rows) {
    std::int64_t total = 0;
    for (const std::int64_t count : row.ratios) total += count;
    if (total == 0) continue;
    text += row.row.op_name() + " " + row.row.subject.variant + " " + row.row.backend + "\n ";
    for (const std::int64_t count : row.ratios) text += padded(compact(count), 7, true);
    text += "\n";
    if (!row.rule.empty()) text += "  " + row.rule + "\n";
  }
  return text;
}

}  // namespace mlacheck
