#include "harness/report/render.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/report/wrap.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// Widths of the table's columns.
constexpr std::size_t kVariant = 17;
constexpr std::size_t kCount = 6;
constexpr std::size_t kSkipped = 9;

// The checks that have a column. The table has room for a mark each, not for counts.
constexpr std::array<Check, 20> kColumns{
    Check::shapes,   Check::layout,        Check::poison,  Check::dead_input,   Check::canary,
    Check::guard,    Check::edge,          Check::history, Check::repeat,       Check::batch,
    Check::probe,    Check::metadata,      Check::width,   Check::quantization, Check::alias,
    Check::liveness, Check::configuration, Check::failure, Check::cost,         Check::agreement};

// The two lines over a column: "K13" is a 1 above a 3.
std::string column_name(Check check) {
  const std::string name(name_of(check));
  if (name.front() != 'K') return check == Check::cost ? " $" : " =";
  return fmt::format("{:>2}", name.substr(1));
}

char check_mark(const RowResult& result, Check check) {
  const auto found = result.checks.find(check);
  if (found != result.checks.end() && found->second.failed > 0) return 'X';
  if (found != result.checks.end() && found->second.cases > 0) return 'o';
  return result.left_out.contains(check) ? '-' : '.';
}

std::string bound_cell(const RowResult& result) {
  if (result.worst_ratio == 0) return "exact";
  if (result.worst_ratio < 100) return fmt::format("{:.2f}", result.worst_ratio);
  return fmt::format("{:.0e}", result.worst_ratio);
}

std::string before_marks(const std::string& variant, const std::string& ran,
                         const std::string& skipped) {
  // A long name takes the room that a short count leaves, or a line of its own.
  const std::size_t room = kVariant + 1 + kCount;
  const bool fits = variant.size() + 1 + ran.size() <= room;
  const std::string own_line = fits ? "" : fmt::format("  {}\n", variant);
  const std::string name = fits ? variant : "";
  return fmt::format("{}  {}{:>{}}{:>{}}  ", own_line, name, ran, room - name.size(), skipped,
                     kSkipped);
}

std::string render_row(const RowResult& result) {
  const std::int64_t skipped = result.tally.count(Verdict::skipped);
  std::string marks;
  for (const Check check : kColumns) marks += check_mark(result, check);
  return fmt::format("{}{}{:>7}  {}\n",
                     before_marks(printable_line(result.row.subject.variant),
                                  compact(result.tally.total() - skipped), compact(skipped)),
                     marks, result.tally.count(Verdict::passed) > 0 ? bound_cell(result) : "-",
                     name_of(result.verdict()));
}

std::string percent(std::int64_t part, std::int64_t whole) {
  return fmt::format("{:.3g} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string reason_list(const ReasonCounts& reasons, const std::string& indent) {
  constexpr std::size_t kShown = 3;
  std::string text;
  std::int64_t shown = 0;
  for (const ReasonCounts::Reason& reason : reasons.most_common(kShown)) {
    shown += reason.count;
    text += wrapped(fmt::format("{}  {}{}", compact(reason.count), printable_line(reason.example),
                                reason.varies ? " (and other numbers)" : ""),
                    indent);
  }
  if (shown < reasons.total()) {
    text += fmt::format("{}{}  for other reasons\n", indent, compact(reasons.total() - shown));
  }
  return text;
}

// Under a row: what did not run, and why.
std::string render_notes(const RowResult& result, const std::vector<KnownFinding>& known) {
  std::string text;
  if (!result.row.domain.empty()) text += wrapped("domain: " + result.row.domain, "    ");
  if (!result.unavailable.empty()) {
    text += wrapped("cannot run here: " + printable_line(result.unavailable), "    ");
  }
  if (!result.skips.empty()) {
    const std::int64_t all = result.tally.total();
    const std::int64_t ran = all - result.skips.total();
    text += fmt::format("    skipped {} of the cases:\n", percent(result.skips.total(), all));
    text += reason_list(result.skips, "      ");
    constexpr std::int64_t kFew = 20;  // one in so many
    if (ran * kFew < all) {
      text += wrapped(fmt::format("warning: only {} of the cases ran: that says little about this "
                                  "variant",
                                  percent(ran, all)),
                      "    ");
    }
  }
  for (const auto& [check, reasons] : result.left_out) {
    const auto found = result.checks.find(check);
    const bool nowhere = found == result.checks.end() || found->second.cases == 0;
    text += fmt::format("    {} was {}:\n", name_of(check),
                        nowhere ? "carried out nowhere" : "left out of some cases");
    text += reason_list(reasons, "      ");
  }
  for (std::size_t i = 0; i < result.known_met.size(); ++i) {
    if (result.known_met[i] == 0) continue;
    const std::string reason =
        known[i].reason.empty() ? "" : ": " + printable_line(known[i].reason);
    text += wrapped(fmt::format("known, in {} cases: {} {} {}{}", compact(result.known_met[i]),
                                known[i].check, known[i].operand, known[i].kind, reason),
                    "    ");
  }
  if (!result.ended.empty()) text += wrapped("ended early: " + result.ended, "    ");
  return text;
}

std::string render_header(const RowResult& result) {
  std::string below = before_marks("variant", "run", "skipped");
  std::string above =
      fmt::format("{:<{}}K", result.row.op_name() + " on " + result.row.backend, below.size() - 1);
  for (const Check check : kColumns) {
    const std::string name = column_name(check);
    above += name.front();
    below += name.back();
  }
  above.resize(above.find_last_not_of(' ') + 1);
  return fmt::format("\n{}\n{}{:>7}  verdict\n", above, below, "bound");
}

std::string render_missing(const RowResult& result) {
  const auto judged = result.checks.find(Check::configuration);
  if (judged == result.checks.end() || judged->second.failed == 0) return {};
  std::string text = fmt::format("{} cases, none of them with", result.coverage.cases());
  const char* separator = " ";
  for (const std::string& name : result.coverage.missing()) {
    text += separator + name;
    separator = ", ";
  }
  return fmt::format("\nMISTRUSTED  {}, variant {} on {}\n{}", result.row.op_name(),
                     printable_line(result.row.subject.variant), result.row.backend,
                     labelled("  K17     ", text));
}

std::string render_unused(const SweepResult& result) {
  std::string text;
  for (std::size_t i = 0; i < result.known.size(); ++i) {
    const auto met = [&](const RowResult& row) {
      return i < row.known_met.size() && row.known_met[i] > 0;
    };
    if (std::ranges::any_of(result.rows, met)) continue;
    text += wrapped("not found any more: " + printable_line(result.known[i].text), "");
  }
  return text.empty() ? text : "\n" + text;
}

// The row with the fewest drawn cases that passed; null if a row has none.
const RowResult* weakest_row(const SweepResult& result) {
  const RowResult* weakest = nullptr;
  for (const RowResult& row : result.rows) {
    if (row.verdict() == Verdict::skipped) continue;
    if (weakest == nullptr || row.drawn_and_passed < weakest->drawn_and_passed) weakest = &row;
  }
  return weakest != nullptr && weakest->drawn_and_passed > 0 ? weakest : nullptr;
}

// The rule of three: if n drawn cases pass, at most 3/n of all drawn cases fail, at 95 %
// confidence. It holds for a row by itself, since a defect is one of a row. Required cases do not
// count, since they are not drawn.
std::string render_confidence(const SweepResult& result) {
  const RowResult* const weakest = weakest_row(result);
  constexpr std::int64_t kLeast = 30;  // below, the bound says next to nothing
  if (weakest == nullptr || weakest->drawn_and_passed < kLeast) return {};
  return wrapped(
      fmt::format("95 % sure of each row: fewer than {:.2g} % of the cases that are drawn for it "
                  "fail (fewest passed: {} of {} {} on {})",
                  300.0 / static_cast<double>(weakest->drawn_and_passed),
                  compact(weakest->drawn_and_passed), weakest->row.op_name(),
                  printable_line(weakest->row.subject.variant), weakest->row.backend),
      "");
}

}  // namespace

std::string compact(std::int64_t count) {
  if (count < 10000) return std::to_string(count);
  const double value = static_cast<double>(count);
  return count < 1000000 ? fmt::format("{:.3g}k", value / 1e3)
                         : fmt::format("{:.3g}M", value / 1e6);
}

std::string render_tables(const SweepResult& result) {
  std::string text;
  std::string group;
  for (const RowResult& row : result.rows) {
    const std::string here = row.row.op_name() + row.row.backend;
    if (here != group) text += render_header(row);
    group = here;
    text += render_row(row) + render_notes(row, result.known);
  }
  for (const RowResult& row : result.rows) text += render_missing(row);
  text += render_unused(result);
  return text +
         "\ncolumns: checks K1 to K17 and K20, $ cost, = bit-equal to the baseline;\n"
         "o clean, X found something, - could not be carried out, . does not apply\n";
}

std::string render_summary(const SweepResult& result) {
  const Tally cases = result.cases();
  std::string text = fmt::format("\n{} cases:", cases.total());
  const char* separator = " ";
  for (std::size_t v = 0; v < kVerdictCount; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    if (cases.count(verdict) == 0) continue;
    text += fmt::format("{}{} {}", separator, cases.count(verdict), name_of(verdict));
    separator = ", ";
  }
  text += result.seed ? fmt::format("\nseed {}, {:.1f} s\n", *result.seed, result.seconds)
                      : fmt::format("\n{:.1f} s\n", result.seconds);
  if (result.verdict() == Verdict::passed && result.interrupted_by == 0)
    text += render_confidence(result);
  if (!result.error.empty()) text += wrapped("error: " + printable(result.error), "");
  if (result.interrupted_by == 0) return text.append(name_of(result.verdict())).append("\n");
  // What has not run might have failed.
  if (verdict_word(result) != "INTERRUPTED") text.append(name_of(result.verdict())).append("\n");
  return text + "interrupted: this is what was there\n";
}

std::string verdict_word(const SweepResult& result) {
  const Verdict verdict = result.verdict();
  const bool open = !is_failure(verdict) || verdict == Verdict::untested;
  return result.interrupted_by != 0 && open ? "INTERRUPTED" : std::string(name_of(verdict));
}

std::string render_histogram(const SweepResult& result) {
  std::string text = "\nshare of the bound used, elements in tenths (last column: above 1)\n";
  for (const RowResult& row : result.rows) {
    std::int64_t total = 0;
    for (const std::int64_t count : row.ratios) total += count;
    if (total == 0) continue;
    text += fmt::format("{} {} {}\n ", row.row.op_name(), row.row.subject.variant, row.row.backend);
    for (const std::int64_t count : row.ratios) text += fmt::format("{:>7}", compact(count));
    text += "\n";
    if (!row.rule.empty()) text += "  " + row.rule + "\n";
  }
  return text;
}

}  // namespace mlacheck
