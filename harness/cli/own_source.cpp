#include "harness/cli/own_source.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "harness/cli/shared_options.hpp"
#include "harness/process/own_process.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// Where an installation has it, and where a build folder does.
std::filesystem::path script_of(const std::filesystem::path& program) {
  const auto folder = program.parent_path();
  const auto installed = folder.parent_path() / "share/mlacheck/mutation/own_source.py";
  std::error_code error;
  for (const auto& path : {installed, folder / "mutation/own_source.py"}) {
    if (std::filesystem::exists(path, error)) return path;
  }
  throw std::runtime_error("the script that edits sources is not there: expected '" +
                           excerpt(installed.string(), 200) + "'");
}

}  // namespace

void add_own_source(CLI::App& command, const std::shared_ptr<OwnSource>& given,
                    const std::vector<CLI::Option*>& others) {
  CLI::Option* const source =
      add_text(command, "--source", "DIR", given->source,
               "Edit the C, C++ or CUDA files of this folder instead, in a copy of it");
  CLI::Option* const subject =
      add_text(command, "--subject", "LIBRARY", given->subject,
               "With --source: the library in that folder which holds the subjects");
  CLI::Option* const build = add_text(command, "--build", "COMMAND", given->build,
                                      "With --source: makes that library, within the folder");
  CLI::Option* const count =
      add_whole(command, "--mutant-count", given->count, 1, 100000,
                "With --source: edits to try (default: " + std::to_string(given->count) + ")");
  CLI::Option* const seconds =
      add_seconds(command, "--build-seconds", given->build_seconds, kShortest, kDay,
                  "With --source: time limit of one build");
  source->needs(subject)->needs(build);
  for (CLI::Option* const option : {subject, build, count, seconds}) option->needs(source);
  for (CLI::Option* const option : others) source->excludes(option);
}

void run_own_source(const OwnSource& given, const std::vector<std::string>& more) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<std::string> words{"python3",
                                 "-B",
                                 script_of(program).string(),
                                 "--program=" + program.string(),
                                 "--source=" + given.source,
                                 "--subject=" + given.subject,
                                 "--build=" + given.build,
                                 "--mutant-count=" + std::to_string(given.count),
                                 "--build-seconds=" + std::to_string(given.build_seconds)};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::cout << std::flush;
  restore_signals();
  execvp(arguments.front(), arguments.data());
  throw std::runtime_error("python3 cannot be started: " + std::string(std::strerror(errno)));
}

}  // namespace mlacheck
