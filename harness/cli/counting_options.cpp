// Commands that judge no case.
#include <limits>
#include <memory>
#include <stdexcept>

#include "harness/arguments/arguments.hpp"
#include "harness/cli/command_options.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/help_texts.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {

Command list_of(CLI::App& app) {
  struct Options {
    Isolation isolation;
    std::vector<std::string> ops;
    bool required = false;
  };
  const auto given = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("list", "Shows ops, variants, backends and the fields of a case");
  command->footer(kListHelp);
  add_repeatable(*command, "--op", "OP", given->ops, "Only this op");
  command->add_flag("--required", given->required,
                    "Also each required case, one a line (the lines may be long)");
  add_repeatable(*command, "--subject", "LIBRARY", given->isolation.plugins,
                 "Also the subjects of this shared library");
  add_load_seconds(*command, given->isolation);
  return {command, [given] {
            enter_libraries(given->isolation);
            return list_command(given->ops, given->required);
          }};
}

Command cost_of(CLI::App& app) {
  struct Options {
    SweepOptions sweep;
    Isolation isolation;
    std::vector<std::string> lines;
  };
  const auto given = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("cost", "Counts launches, allocations and bytes of one call");
  command->footer(kCostHelp);
  command->add_option("CASE", given->lines,
                      "Case lines (default: a real model's size for each op)");
  add_repeatable(*command, "--op", "OP", given->sweep.select.ops,
                 "Only this op; not beside case lines, which say theirs");
  add_selection(*command, given->sweep.select);
  add_isolation(*command, given->isolation);
  return {
      command, [given] {
        if (!given->lines.empty() && !given->sweep.select.ops.empty()) {
          throw std::invalid_argument("--op '" + excerpt(given->sweep.select.ops.front()) +
                                      "': expected no --op beside case lines, which say theirs");
        }
        apply(given->isolation, given->sweep);
        given->sweep.select.origins.clear();
        if (given->sweep.select.backends.empty()) given->sweep.select.backends = {"cpu.w32"};
        const CountCost count = given->isolation.in_process
                                    ? CountCost{}
                                    : make_worker_counter(worker_options(given->isolation),
                                                          given->isolation.case_seconds);
        return cost_command(given->lines, given->sweep.select, count);
      }};
}

Command launch_of(CLI::App& app) {
  struct Options {
    SweepOptions sweep;
    std::int64_t cases = 0;
  };
  const auto given = std::make_shared<Options>();
  given->sweep.seed = fresh_seed();
  CLI::App* const command = app.add_subcommand(
      "launch", "Runs kernels without checking them, for outside tools such as initcheck");
  command->footer(kLaunchHelp);
  add_repeatable(*command, "--op", "OP", given->sweep.select.ops, "Only this op");
  add_selection(*command, given->sweep.select);
  add_whole(*command, "--cases", given->cases, 0, kMostCases,
            "Drawn cases for each row, after the required ones (default: 0)");
  add_seed(*command, given->sweep.seed, "Seed of the drawn cases (default: a fresh one)");
  return {command, [given] {
            given->sweep.cases = given->cases;
            return launch_command(given->sweep);
          }};
}

}  // namespace mlacheck
