#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <set>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/selection.hpp"
#include "harness/sweep/cost_run.hpp"

namespace mlacheck {
namespace {

void print_numbers(const Cost& cost) {
  std::printf(" %3" PRIu64 " %3" PRIu64 " %11" PRIu64 " %10" PRIu64 " %8" PRIu64 " %8" PRIu64
              " %2" PRIu64 "\n",
              cost.launches, cost.allocations, cost.bytes_allocated, cost.peak_bytes,
              cost.bytes_filled, cost.bytes_copied, cost.synchronizations);
}

void print_row(const CostRow& row) {
  std::printf("%-11s %-7s", row.variant.c_str(), row.backend.c_str());
  const Verdict verdict = verdict_of(row);
  std::string reason = row.error + row.crashed + row.timed_out;
  if (reason.empty()) reason = row.skipped.empty() ? row.failed : row.skipped;
  if (!reason.empty()) {
    std::printf(" %s, %s\n", std::string(name_of(verdict)).c_str(), reason.c_str());
  } else {
    std::printf(" %-7s", row.as_contracted() ? (row.contract ? "yes" : "none") : "NO");
    print_numbers(row.counted);
    for (const std::string& text : row.contradictions) std::printf("  %s\n", text.c_str());
    if (row.contract && row.counted != *row.contract) {
      std::printf("%-27s", "  its contract");
      print_numbers(*row.contract);
    }
  }
}

// A count that nobody could check says so.
void print_unwatched(const Selection& selection) {
  for (const std::unique_ptr<Backend>& backend : make_backends()) {
    const bool chosen =
        selection.backends.empty() ||
        std::ranges::find(selection.backends, backend->name()) != selection.backends.end();
    const bool gpu = backend->stream() != nullptr;
    if (!chosen || !gpu || !backend->unavailable().empty()) continue;
    const std::string reason = backend->watch_unavailable();
    if (reason.empty()) continue;
    std::printf("%s: as the subjects record it; the driver was not watched: %s.\n",
                backend->name().c_str(), reason.c_str());
  }
}

}  // namespace

int cost_command(const std::vector<std::string>& lines, const Selection& selection,
                 const CountCost& count) {
  std::vector<Case> cases;
  for (const std::string& line : lines) {
    const std::optional<Case> c = case_argument(line);
    if (!c) return kExitUsage;
    cases.push_back(*c);
  }
  const auto backends = make_backends();
  if (lines.empty()) {
    for (const Row& row : rows_to_run(selection, backends)) {
      const Case c = row.op->model->cost_case();
      if (cases.empty() || cases.back().op() != c.op()) cases.push_back(c);
    }
  }
  for (const Case& c : cases) {
    Selection of_op = selection;
    of_op.ops = {c.op()};
    static_cast<void>(rows_to_run(of_op, backends));  // refuses a case without any
  }
  Tally tally;
  std::set<std::string> watched;
  for (const Case& c : cases) {
    std::printf("%s\n%-11s %-7s %-7s %3s %3s %11s %10s %8s %8s %2s\n", c.line().c_str(), "variant",
                "backend", "as said", "run", "new", "bytes", "at most", "filled", "copied", "wt");
    for (const CostRow& row : count_costs(c, selection, count)) {
      print_row(row);
      if (row.watched) watched.insert(row.backend);
      tally.add(verdict_of(row));
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  std::printf(
      "as said: whether the count is what the variant's contract says; run: launches;\n"
      "new: allocations of scratch, with their bytes, and the most held at one time;\n"
      "bytes filled with a constant; bytes copied; wt: waits for the device.\n");
  for (const std::string& backend : watched) {
    std::printf("%s: every count held against what the driver saw (CUPTI).\n", backend.c_str());
  }
  print_unwatched(selection);
  return exit_code(tally);
}

}  // namespace mlacheck
