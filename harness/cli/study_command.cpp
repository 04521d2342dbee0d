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
#include "harness/study/discrimination.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {
namespace {

constexpr const char* kExamples = R"(Examples:
  mlacheck study discrimination
  mlacheck study discrimination --op mla_decode --cases 200

A column for each null answer: zeros; the mean of the right answers; the right
answer to another seed; and the right answer with its parts along axis 0, 1 or
2 exchanged. A cell is the share of the cases, in percent, in which comparison
with the oracle refuses it. "-": it was never wrong. "!": it always passed.)";

struct Options {
  std::string what;
  std::vector<std::string> ops;
  std::int64_t cases = 60;
  std::uint64_t seed = 1;
};

int run(const Options& given) {
  if (given.what != "discrimination") {
    throw std::invalid_argument("study '" + excerpt(given.what) + "': expected discrimination");
  }
  Selection selection;
  selection.ops = given.ops;
  static_cast<void>(rows_to_run(selection, make_backends()));  // refuses an op that there is not
  stop_on_signals();
  std::vector<DiscriminationRow> rows;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    if (!given.ops.empty() && std::ranges::find(given.ops, name) == given.ops.end()) continue;
    if (interrupted_by() != 0) break;
    for (DiscriminationRow& row : discriminate(op, given.cases, given.seed)) {
      rows.push_back(std::move(row));
    }
  }
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

}  // namespace

void study_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "study", "Answers that nobody computed, against the oracle",
      help_footer(
          kExamples,
          {.passed = "every null answer that was wrong is refused in some case of each class",
           .failed = "one passes everywhere in a class",
           .skips = false}));
  command.add_option("WHAT", given->what, "discrimination: how often values alone refuse them")
      ->required();
  add_repeatable(command, "--op", "OP", given->ops, "Only this op");
  add_whole(command, "--cases", given->cases, 1, 1'000'000,
            "Cases for each class of values (default: 60)");
  add_seed(command, given->seed, "Of the drawn cases (default: 1)");
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
