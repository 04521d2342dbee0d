#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <set>
#include <vector>

#include "harness/case/case_file.hpp"
#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/cli/version.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/report/json.hpp"
#include "harness/report/render.hpp"
#include "harness/report/wrap.hpp"
#include "harness/sweep/drawable.hpp"
#include "harness/sweep/known.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// A line that is rewritten on a terminal, and a line every ten seconds elsewhere.
class ProgressLine {
 public:
  void show(const SweepProgress& progress) {
    if (!terminal_ && progress.elapsed_seconds < next_) return;
    next_ = progress.elapsed_seconds + 10;
    std::string text = fmt::format("{:6.1f} s  {:3.0f} %  {} cases", progress.elapsed_seconds,
                                   100 * progress.share, compact(progress.cases));
    if (progress.failures > 0) text += fmt::format("  {} failures", progress.failures);
    if (progress.shrinking) text += "  shrinking";
    text.resize(std::max(text.size(), shown_), ' ');
    std::fprintf(stderr, "%s%s%s", terminal_ ? "\r" : "", text.c_str(), terminal_ ? "" : "\n");
    std::fflush(stderr);
    shown_ = text.size();
  }
  // Clears the line, so that something else may be printed.
  void clear() {
    if (terminal_ && shown_ > 0) std::fprintf(stderr, "\r%s\r", std::string(shown_, ' ').c_str());
    std::fflush(stderr);
    shown_ = 0;
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  std::size_t shown_ = 0;
  double next_ = 10;
};

// Prints failures as they come. On a terminal at once; elsewhere in the order of the rows, so that
// the output is the same whatever ran first, with a word on standard error at once.
class FailurePrinter {
 public:
  explicit FailurePrinter(ProgressLine& line) : line_(line) {}

  void failure(std::size_t row, const Row& of, const Counterexample& found) {
    grow(row);
    const std::string text = "\n" + render_failure(of, found);
    line_.clear();
    if (terminal_) {
      std::cout << text << std::flush;
      return;
    }
    waiting_[row].text += text;
    if (row != first_) announce(of, found);
    print_what_is_due();
  }

  void row_ended(std::size_t row) {
    grow(row);
    waiting_[row].ended = true;
    print_what_is_due();
  }

  void end() {
    for (Waiting& row : waiting_) std::cout << row.text;
    waiting_.clear();
    std::cout << std::flush;
  }

 private:
  struct Waiting {
    std::string text;
    bool ended = false;
  };

  void grow(std::size_t row) {
    if (waiting_.size() <= row) waiting_.resize(row + 1);
  }

  static void announce(const Row& row, const Counterexample& found) {
    std::string checks;
    for (const Signature& signature : signatures_of(found.result)) {
      const std::string name(name_of(signature.check));
      if ((checks + " ").find(" " + name + " ") == std::string::npos) checks += " " + name;
    }
    std::cerr << wrapped(fmt::format("{}  {}, variant {} on {}:{}", name_of(found.result.verdict),
                                     row.op_name(), row.subject.variant, row.backend, checks),
                         "")
              << wrapped(found.smallest.line(), "  ") << std::flush;
  }

  // Prints the failures of all rows up to the first one that has not ended: nothing else can come
  // before these.
  void print_what_is_due() {
    while (first_ < waiting_.size()) {
      Waiting& row = waiting_[first_];
      std::cout << row.text << std::flush;
      row.text.clear();
      if (!row.ended) return;
      ++first_;
    }
  }

  ProgressLine& line_;
  bool terminal_ = isatty(STDOUT_FILENO) != 0;
  std::vector<Waiting> waiting_;
  std::size_t first_ = 0;  // row whose failures are printed at once
};

// How many cases will run, where the options alone do not say so.
std::string announcement(const SweepOptions& options, const std::vector<Row>& rows) {
  if (rows.empty()) return {};
  std::int64_t least = cases_of(rows.front(), options);
  std::int64_t most = least;
  std::int64_t all = 0;
  for (const Row& row : rows) {
    const std::int64_t cases = cases_of(row, options);
    least = std::min(least, cases);
    most = std::max(most, cases);
    all += cases;
  }
  if (!options.counts_cases()) {
    return wrapped(fmt::format("{} required cases first, whatever time they take", all), "");
  }
  std::string text = fmt::format("{} row{} of {}", rows.size(), rows.size() == 1 ? "" : "s", least);
  if (most > least) text += fmt::format(" to {}", most);
  text += fmt::format(" cases, {} in all", all);
  if (most > options.cases.value_or(most)) text += ": a row's required cases always run";
  return wrapped(text, "");
}

constexpr const char* kExamples = R"(Examples:
  mlacheck sweep --op mla_decode --variant empty --seconds 600
  mlacheck sweep --cases 2000 --seed 7 --json report.json
  mlacheck sweep --cases 0             required cases only
  mlacheck sweep --cases-file mine.cases --backend cpu.w32
  mlacheck sweep --subject ./libmine.so --backend cpu.w32)";

struct Options {
  SweepOptions sweep;
  std::int64_t cases = -1;  // not given
  std::string cases_file;
  Isolation isolation;
  std::string json;
  std::string known;
  std::string write_known;
  bool histogram = false;
  bool no_shrink = false;
  bool values_only = false;
};

// What --known would take: each entry once, with the case that showed it as its reason.
std::string known_entries(const SweepResult& result) {
  std::set<std::string> entries;
  std::string text;
  for (const KnownFinding& known : result.known) {
    entries.insert(known.text);
    text += known.text + (known.reason.empty() ? "" : "  # " + known.reason) + "\n";
  }
  for (const RowResult& row : result.rows) {
    for (const Counterexample& found : row.failures) {
      for (const Finding& finding : found.result.evidence.findings) {
        const std::string entry =
            fmt::format("{} {} {}", row.row.op_name(), row.row.subject.variant, known_as(finding));
        if (!entries.insert(entry).second) continue;
        text += fmt::format("{}  # {}\n", entry, found.smallest.line());
      }
    }
  }
  return text;
}

int run(Options& given) {
  SweepOptions& options = given.sweep;
  if (given.cases >= 0) options.cases = given.cases;
  options.shrink = !given.no_shrink;
  if (given.values_only) options.battery.effort = Effort::values;
  apply(given.isolation, options);
  if (!given.cases_file.empty()) {
    options.listed = cases_file_argument(given.cases_file);
    options.select.ops = {options.listed.front().op()};
  }
  if (!given.known.empty()) {
    const std::string text = text_of_file("--known", given.known, "known findings");
    options.battery.go_on = true;
    options.known = known_findings("--known " + printable_line(given.known), lines_of(text));
  }
  ReportFile file("--json", given.json);
  ReportFile known_file("--write-known", given.write_known);
  if (!file.open() || !known_file.open()) return kExitUsage;
  const auto backends = make_backends();
  const std::vector<Row> rows = rows_to_run(options.select, backends);
  if (options.listed.empty()) {
    for (const Row& row : rows) check_drawable(row, options.seed);
  }
  std::cerr << announcement(options, rows) << std::flush;
  stop_on_signals();
  ProgressLine line;
  FailurePrinter printer(line);
  const SweepListener listener{
      .progress = [&](const SweepProgress& progress) { line.show(progress); },
      .failure = [&](std::size_t row, const RowResult& of,
                     const Counterexample& found) { printer.failure(row, of.row, found); },
      .row_ended = [&](std::size_t row) { printer.row_ended(row); }};
  const SweepResult result = sweep(rows, backends, options, listener);
  line.clear();
  printer.end();
  std::cout << (given.histogram ? render_histogram(result) : std::string()) << render_tables(result)
            << render_summary(result) << std::flush;
  if (file.wanted() && !file.write(json_report(result, build_facts(), command_line())))
    return kExitError;
  if (known_file.wanted() && !known_file.write(known_entries(result))) return kExitError;
  if (result.interrupted_by != 0) return kExitSignal + result.interrupted_by;
  return exit_code(result.verdict());
}

}  // namespace

void sweep_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "sweep", "Runs many cases of every op, variant and backend",
      help_footer(kExamples, {.passed = "everything passed",
                              .failed = "a failure, crash or hang, or a pass that shows nothing"}));
  auto* const ops = add_repeatable(command, "--op", "OP", given->sweep.select.ops, "Only this op");
  add_selection(command, given->sweep.select);
  auto* const seconds = add_seconds(command, "--seconds", given->sweep.seconds, 0, kYear,
                                    "Time for all rows together");
  auto* const cases =
      add_whole(command, "--cases", given->cases, 0, kMostCases,
                "Cases for each row, in place of a time. The required cases of an op always run; "
                "0: no others");
  auto* const seed = add_fresh_seed(command, given->sweep.seed);
  auto* const first =
      add_whole(
          command, "--first-case", given->sweep.first_case, 0, kMostCases,
          "Number of each row's first case, where another sweep has had those before, the required "
          "ones among them (default: 0)")
          ->excludes(cases);
  add_cases_file(command, given->cases_file, "In place of all other cases")
      ->excludes(ops, seconds, cases, seed, first);
  add_jobs(command, given->sweep.jobs, "Host threads, each with a worker");
  add_text(command, "--json", "FILE", given->json, "Also write a report to this file");
  add_text(
      command, "--known", "FILE", given->known,
      "Findings that are known: counted, and no failure. Entries that are not found are named");
  add_text(command, "--write-known", "FILE", given->write_known,
           "Write such a file of what was found");
  add_whole(command, "--max-failures", given->sweep.max_failures, 0, kMostCases,
            "Counterexamples of a row, one for each distinct failure, after which it ends; 0: no "
            "limit (default: 8)");
  add_seconds(command, "--shrink-seconds", given->sweep.shrink_seconds, 0, kDay,
              "Time for shrinking one counterexample");
  command.add_flag("--histogram", given->histogram, "Also print how the bounds were used");
  command.add_flag("--no-shrink", given->no_shrink, "Report failing cases as drawn");
  command.add_flag("--values-only", given->values_only,
                   "Only compare values with the oracle and the baseline");
  add_isolation(command, given->isolation);
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
