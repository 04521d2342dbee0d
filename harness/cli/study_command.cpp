#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/arguments/arguments.hpp"
#include "harness/backends/backend.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/study/devices.hpp"
#include "harness/study/discrimination.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {
namespace {

constexpr const char* kExamples = R"(Examples:
  mlacheck study discrimination
  mlacheck study discrimination --op mla_decode --cases 200
  mlacheck study devices --cases 500

discrimination: answers that nobody computed, against the oracle. A column for
each: zeros; the mean of the right answers; the right answer to another seed;
the right answer with its parts along axis 0, 1 or 2 exchanged; and the right
answer for the input's scales in each other's place. A cell is the share of the
cases, in percent, in which comparison with the oracle refuses it. "-": it was
never wrong. "!": it always passed.

devices: each bundled variant on every backend that can run here, against the
first one. In how many cases some bit differs, and in how many of those where
the op promises the same bits: no exp, log or contraction rounds there.)";

struct Options {
  std::string what;
  std::vector<std::string> ops;
  std::int64_t cases = 60;
  std::uint64_t seed = 1;
};

// The rows of each op that is asked for, until a signal comes.
template <class Row, class RowsOf>
std::vector<Row> rows_of_ops(const Options& given, const RowsOf& rows_of) {
  std::vector<Row> rows;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    if (!given.ops.empty() && std::ranges::find(given.ops, name) == given.ops.end()) continue;
    if (interrupted_by() != 0) break;
    for (Row& row : rows_of(op)) rows.push_back(std::move(row));
  }
  return rows;
}

int run_discrimination(const Options& given) {
  const auto rows = rows_of_ops<DiscriminationRow>(
      given, [&](const OpEntry& op) { return discriminate(op, given.cases, given.seed); });
  std::cout << render_discrimination(rows);
  const auto passing = std::ranges::count_if(rows, [](const DiscriminationRow& row) {
    return std::ranges::any_of(row.cells, &DiscriminationCell::passes);
  });
  const auto empty = std::ranges::count_if(rows, &DiscriminationRow::empty);
  std::cout << fmt::format(
      "\n{} rows, {} with a null answer that values never refuse, {} that show nothing\n",
      rows.size(), passing, empty);
  return end_report(passing == 0 ? kExitPassed : kExitFailed);
}

int run_devices(const Options& given) {
  const auto backends = make_backends();
  const auto rows = rows_of_ops<DeviceRow>(given, [&](const OpEntry& op) {
    return compare_devices(op, given.cases, given.seed, backends);
  });
  if (rows.empty() && interrupted_by() == 0) {
    std::cout << "no second backend can run here\n";
    return end_report(kExitSkipped);
  }
  std::cout << render_devices(rows);
  std::int64_t broken = 0;
  bool failed = false;
  for (const DeviceRow& row : rows) {
    broken += row.broken;
    failed = failed || !row.error.empty();
  }
  std::cout << fmt::format("\n{} rows, {} cases in which a promise is broken\n", rows.size(),
                           broken);
  return end_report(broken > 0 ? kExitFailed : failed ? kExitError : kExitPassed);
}

int run(const Options& given) {
  const bool devices = given.what == "devices";
  if (!devices && given.what != "discrimination") {
    throw std::invalid_argument("study '" + excerpt(given.what) +
                                "': expected discrimination or devices");
  }
  Selection selection;
  selection.ops = given.ops;
  static_cast<void>(rows_to_run(selection, make_backends()));  // refuses an op that there is not
  stop_on_signals();
  return devices ? run_devices(given) : run_discrimination(given);
}

}  // namespace

void study_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "study", "What the oracles refuse, and what devices agree on",
      help_footer(kExamples,
                  {.passed = "every null answer that was wrong is refused in some case of each "
                             "class;\n      no promise of the same bits is broken",
                   .failed = "one passes everywhere in a class; a promise is broken"}));
  command.add_option("WHAT", given->what, "discrimination or devices")->required();
  add_repeatable(command, "--op", "OP", given->ops, "Only this op");
  add_whole(command, "--cases", given->cases, 1, 1'000'000,
            "Cases for each class of values, or each op (default: 60)");
  add_seed(command, given->seed, "Of the drawn cases (default: 1)");
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
