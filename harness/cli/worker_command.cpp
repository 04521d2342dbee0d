// The two sides of isolation, told apart by what they are asked over the socket.
#include <limits>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/worker/serve.hpp"

namespace mlacheck {
namespace {

struct Options {
  WorkerLibraries libraries;
  std::int64_t socket = -1;
  std::int64_t post_mortem = -1;
};

void inner_command(CLI::App& app, const char* name, const char* description, int& status,
                   int (*run)(int, int, const WorkerLibraries&)) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(app, name, description, "");
  command.group("");  // hidden
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  add_whole(command, "--socket", given->socket, 0, kMost, "Requests and answers")->required();
  add_whole(command, "--post-mortem", given->post_mortem, 0, kMost, "Last words")->required();
  add_repeatable(command, "--subject", "LIBRARY", given->libraries.plugins, "As for sweep");
  add_repeatable(command, "--mutants", "LIBRARY", given->libraries.mutants, "As for sweep");
  add_repeatable(command, "--piece", "OP=SUBJECT", given->libraries.pieces, "As for sweep");
  command.callback([given, run, &status] {
    status = run(static_cast<int>(given->socket), static_cast<int>(given->post_mortem),
                 given->libraries);
  });
}

}  // namespace

void worker_command(CLI::App& app, int& status) {
  inner_command(app, "worker", "Runs cases for another mlacheck process", status, &serve);
}

void describe_command(CLI::App& app, int& status) {
  inner_command(app, "describe", "Says what one library offers", status, &describe);
}

}  // namespace mlacheck
