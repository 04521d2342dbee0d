#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <stdexcept>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/sweep/cost_run.hpp"
#include "harness/sweep/layer_cost.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// A template, so that the title of the table can have words where the rows have numbers.
template <typename... Columns>
std::string line(const Columns&... columns) {
  static_assert(sizeof...(columns) == 10);
  return fmt::format("{:<11} {:<7} {:<7} {:>3} {:>3} {:>11} {:>10} {:>8} {:>8} {:>2}\n",
                     columns...);
}

std::string line_of(const std::string& variant, const std::string& backend, const char* as_said,
                    const Cost& cost) {
  return line(variant, backend, as_said, cost.launches, cost.allocations, cost.bytes_allocated,
              cost.peak_bytes, cost.bytes_filled, cost.bytes_copied, cost.synchronizations);
}

void print_row(const CostRow& row) {
  std::string reason = row.error + row.crashed + row.timed_out;
  if (reason.empty()) reason = row.skipped.empty() ? row.failed : row.skipped;
  if (!reason.empty()) {
    std::cout << fmt::format("{:<11} {:<7} {}, {}\n", row.variant, row.backend,
                             name_of(verdict_of(row)), reason);
    return;
  }
  std::cout << line_of(row.variant, row.backend,
                       row.as_contracted() ? (row.contract ? "yes" : "none") : "NO", row.counted);
  for (const std::string& text : row.contradictions) std::cout << "  " << text << '\n';
  if (row.contract && row.counted != *row.contract) {
    std::cout << line_of("  its contract", "", "", *row.contract);
  }
}

// Says which counts no driver could confirm.
void print_unwatched(const Selection& selection) {
  for (const std::unique_ptr<Backend>& backend : make_backends()) {
    const bool chosen =
        selection.backends.empty() ||
        std::ranges::find(selection.backends, backend->name()) != selection.backends.end();
    const bool gpu = backend->stream() != nullptr;
    if (!chosen || !gpu || !backend->unavailable().empty()) continue;
    const std::string reason = backend->watch_unavailable();
    if (reason.empty()) continue;
    std::cout << fmt::format("{}: as the subjects record it; the driver was not watched: {}.\n",
                             backend->name(), reason);
  }
}

// What each op of a layer, and all of them together, promise to take.
int print_layers() {
  const auto row = [](const auto&... columns) {
    return fmt::format("{:<15} {:<9} {:>3} {:>3} {:>10} {:>9} {:>8} {:>8}\n", columns...);
  };
  std::cout << layer_workload();
  for (const LayerModel& model : layer_models()) {
    std::cout << fmt::format("\n{}: {} heads, {} hidden columns\n", model.name, model.heads,
                             model.hidden)
              << row("op", "variant", "run", "new", "bytes", "at most", "filled", "copied");
    for (const LayerCost& call : layer_costs(model)) {
      const Cost& cost = call.cost;
      std::cout << row(call.op.empty() ? "one of each" : call.op, call.variant, cost.launches,
                       cost.allocations, cost.bytes_allocated, cost.peak_bytes, cost.bytes_filled,
                       cost.bytes_copied);
    }
  }
  std::cout
      << "\nrun: launches; new: allocations of scratch, with their bytes, and the most held at\n"
         "one time; bytes filled with a constant; bytes copied. bf16, by the contracts:\n"
         "nothing was run.\n";
  return end_report(kExitPassed);
}

constexpr const char* kExamples = R"(Examples:
  mlacheck cost
  mlacheck cost --layer
  mlacheck cost --op chunked_context
  mlacheck cost 'strided_bmm(T=3,H=2,latent=8,V=4)' --variant strided

Backend cpu.w32 is used unless --backend says otherwise.)";

struct Options {
  SweepOptions sweep;
  Isolation isolation;
  std::vector<std::string> lines;
  bool layer = false;
};

// The table says what all contracts promise: there is nothing to choose.
void refuse_beside_layer(const Options& given) {
  const Selection& selection = given.sweep.select;
  const Isolation& isolation = given.isolation;
  const auto none = [](const char* option, const std::vector<std::string>& values) {
    if (values.empty()) return;
    throw std::invalid_argument(
        fmt::format("{} '{}': expected nothing beside --layer", option, excerpt(values.front())));
  };
  none("CASE", given.lines);
  none("--op", selection.ops);
  none("--backend", selection.backends);
  none("--variant", selection.variants);
  none("--without", selection.without);
  none("--subject", isolation.plugins);
  none("--mutants", isolation.mutants);
  none("--piece", isolation.pieces);
  if (!selection.where.empty()) none("--where", {selection.where});
}

int run(Options& given) {
  if (given.layer) {
    refuse_beside_layer(given);
    return print_layers();
  }
  Selection& selection = given.sweep.select;
  if (!given.lines.empty() && !selection.ops.empty()) {
    throw std::invalid_argument("--op '" + excerpt(selection.ops.front()) +
                                "': expected no --op beside case lines, which say theirs");
  }
  apply(given.isolation, given.sweep);
  selection.origins.clear();
  if (selection.backends.empty()) selection.backends = {"cpu.w32"};
  const CountCost count =
      given.isolation.in_process
          ? CountCost{}
          : make_worker_counter(worker_options(given.isolation), given.isolation.case_seconds);
  std::vector<Case> cases;
  for (const std::string& line : given.lines) cases.push_back(case_argument(line));
  const auto backends = make_backends();
  if (cases.empty()) {
    for (const Row& row : rows_to_run(selection, backends)) {
      const Case c = row.model().cost_case();
      if (cases.empty() || cases.back().op() != c.op()) cases.push_back(c);
    }
  }
  for (const Case& c : cases) {
    Selection of_op = selection;
    of_op.ops = {c.op()};
    static_cast<void>(rows_to_run(of_op, backends));  // refuses a case without any
  }
  stop_on_signals();
  Tally tally;
  std::set<std::string> watched;
  for (const Case& c : cases) {
    if (interrupted_by() != 0) break;
    std::cout << c.line() << '\n'
              << line("variant", "backend", "as said", "run", "new", "bytes", "at most", "filled",
                      "copied", "wt");
    for (const CostRow& row : count_costs(c, selection, count)) {
      print_row(row);
      if (row.watched) watched.insert(row.backend);
      tally.add(verdict_of(row));
    }
    std::cout << '\n' << std::flush;
  }
  std::cout << "as said: whether the count is what the variant's contract says; run: launches;\n"
               "new: allocations of scratch, with their bytes, and the most held at one time;\n"
               "bytes filled with a constant; bytes copied; wt: waits for the device.\n";
  for (const std::string& backend : watched) {
    std::cout << backend << ": every count held against what the driver saw (CUPTI).\n";
  }
  print_unwatched(selection);
  return end_report(exit_code(tally));
}

}  // namespace

void cost_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "cost", "Counts launches, allocations and bytes of one call",
      help_footer(kExamples,
                  {.passed = "every count is what the contract says, or there is no contract",
                   .failed = "one differs, or a call failed"}));
  command.add_option("CASE", given->lines, "Case lines (default: a real model's size for each op)");
  add_repeatable(command, "--op", "OP", given->sweep.select.ops,
                 "Only this op; not beside case lines, which say theirs");
  command.add_flag(
      "--layer", given->layer,
      "What a layer of real models costs, by the contracts of its ops: nothing is run");
  add_selection(command, given->sweep.select);
  add_isolation(command, given->isolation);
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
