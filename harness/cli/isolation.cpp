#include "harness/cli/isolation.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "harness/cli/python_worker.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/process/own_process.hpp"
#include "harness/subjects/pieces.hpp"
#include "harness/subjects/python_subjects.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"
#include "harness/worker/library_probe.hpp"

namespace mlacheck {
namespace {

constexpr double kMostGib = 1'048'576;

// Under another name it would be loaded once and enter its subjects twice.
void refuse_twice(const std::string& option, const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      std::error_code ignored;  // one that is missing is refused when it is loaded
      if (!std::filesystem::equivalent(paths[i], paths[k], ignored)) continue;
      throw std::invalid_argument(option + " '" + excerpt(paths[i]) + "': given twice, it is '" +
                                  excerpt(paths[k]) + "'");
    }
  }
}

// Of --subject, and of --piece.
std::vector<std::string> foreign_paths(const Isolation& isolation) {
  std::vector<std::string> paths = isolation.plugins;
  for (const std::string& text : isolation.pieces) paths.push_back(piece_choice(text).path);
  return paths;
}

// Workers find it in their environment.
void hand_on_manifest(const Isolation& isolation) {
  if (isolation.manifest.empty()) return;
  const auto code_objects = std::ranges::count_if(isolation.plugins, &is_code_object);
  const std::string place = "--manifest '" + excerpt(isolation.manifest) + "': ";
  if (code_objects != 1) {
    throw std::invalid_argument(place + "expected one code object (X.co) as --subject, there are " +
                                std::to_string(code_objects));
  }
  std::error_code missing;
  if (!std::filesystem::is_regular_file(isolation.manifest, missing)) {
    throw std::invalid_argument(place + "expected a file");
  }
  setenv("MLACHECK_MANIFEST", std::filesystem::absolute(isolation.manifest).c_str(), 1);
}

// What a Python process does not do.
void refuse_beside_python(const Isolation& isolation) {
  const std::vector<std::string> paths = foreign_paths(isolation);
  const auto python = std::ranges::find_if(paths, &is_python_subject);
  if (python == paths.end()) return;
  const bool is_piece = python - paths.begin() >= std::ssize(isolation.plugins);
  const std::string place =
      std::string(is_piece ? "--piece" : "--subject") + " '" + excerpt(*python) + "': ";
  if (isolation.in_process) {
    throw std::invalid_argument(place +
                                "is Python, which runs in workers, expected no --in-process");
  }
  if (!isolation.mutants.empty()) {
    throw std::invalid_argument(place + "is Python, expected no --mutants beside it");
  }
}

// What a command to replay a case needs with this subject; empty if it is just --subject.
std::string option_of(const Isolation& isolation, const std::string& path) {
  if (!is_python_subject(path)) return {};
  std::string option;
  if (!isolation.python.empty()) option += "--python " + shell_quoted(isolation.python) + " ";
  if (is_code_object(path) && !isolation.manifest.empty()) {
    option += "--manifest " + shell_quoted(isolation.manifest) + " ";
  }
  return option.empty() ? option : option + "--subject";
}

}  // namespace

void add_loading(CLI::App& command, Isolation& isolation) {
  add_seconds(command, "--load-seconds", isolation.load_seconds, kShortest, kDay,
              "Time limit for loading a library and asking what it offers");
  add_text(command, "--python", "PATH", isolation.python,
           "Interpreter of Python subjects (default: $MLACHECK_PYTHON, that of $VIRTUAL_ENV, or "
           "python3)");
}

void add_isolation(CLI::App& command, Isolation& isolation) {
  add_repeatable(command, "--subject", "LIBRARY", isolation.plugins,
                 "Check the subjects of this shared library, Python file, folder of Python files, "
                 "Python module or code object for AMD");
  add_text(
      command, "--manifest", "FILE", isolation.manifest,
      "How a code object for AMD is launched, which --subject names (default: X.json for X.co)");
  add_repeatable(command, "--mutants", "LIBRARY", isolation.mutants,
                 "Also offer the mutants of this library");
  add_repeatable(
      command, "--piece", "OP=SUBJECT", isolation.pieces,
      "Check the bundled layers with what this library or Python file has of one of their "
      "steps in its place");
  add_seconds(command, "--case-seconds", isolation.case_seconds, kShortest, kDay,
              "Time limit of one case");
  add_seconds(
      command, "--first-call-seconds", isolation.first_call_seconds, kShortest, kDay,
      "Time limit of a call of a Python subject with operands of a new kind, in which it may "
      "compile: not part of --case-seconds");
  add_loading(command, isolation);
  add_seconds(command, "--worker-gib", isolation.worker_gib, 0.0625, kMostGib,
              "Memory limit of a worker process in GiB")
      ->type_name("GIB");
  command.add_flag("--in-process", isolation.in_process,
                   "Run cases in this process, for debuggers: a crash ends it");
}

WorkerRunnerOptions worker_options(const Isolation& isolation) {
  WorkerRunnerOptions worker;
  if (any_python(foreign_paths(isolation))) {
    worker.command = python_command(isolation.python);
    worker.command.arguments.emplace_back("worker");
    worker.load_seconds = isolation.load_seconds;
    worker.first_call_seconds = isolation.first_call_seconds;
  }
  for (const std::string& path : isolation.plugins) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--subject", path});
  }
  for (const std::string& path : isolation.mutants) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--mutants", path});
  }
  for (const std::string& text : isolation.pieces) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--piece", text});
  }
  worker.memory = static_cast<std::size_t>(isolation.worker_gib * 1024 * 1024 * 1024);
  return worker;
}

void enter_libraries(const Isolation& isolation) {
  refuse_twice("--subject", isolation.plugins);
  refuse_twice("--mutants", isolation.mutants);
  refuse_beside_python(isolation);
  hand_on_manifest(isolation);
  const ProbeOptions probe{isolation.load_seconds, worker_options(isolation).memory};
  const auto described = [&](const std::string& path) {
    ProbeOptions of_path = probe;
    if (is_python_subject(path)) {
      WorkerCommand command = python_command(isolation.python);
      of_path.program = std::move(command.program);
      of_path.arguments = std::move(command.arguments);
    }
    return probe_plugin(path, of_path);
  };
  for (const std::string& path : isolation.plugins) {
    std::vector<SubjectTable> tables = described(path);
    if (isolation.in_process) {
      add_plugin(path);
    } else {
      for (SubjectTable& table : tables) {
        const std::string option = option_of(isolation, path);
        if (!option.empty()) table.option = option;
      }
      enter_plugin(path, std::move(tables));
    }
  }
  for (const std::string& path : isolation.mutants) {
    MutantLibrary library = probe_mutants(path, probe);
    if (isolation.in_process) {
      add_mutants(path);
    } else {
      enter_mutants(path, std::move(library));
    }
  }
  if (isolation.in_process) return add_pieces(isolation.pieces);
  std::vector<PieceLibrary> pieces;
  for (const std::string& text : isolation.pieces) {
    PieceChoice choice = piece_choice(text);
    std::vector<SubjectTable> tables = tables_of(choice, described);
    const bool needs_python = is_python_subject(choice.path) && !isolation.python.empty();
    pieces.push_back({std::move(choice), std::move(tables),
                      needs_python ? "--python " + shell_quoted(isolation.python) : ""});
  }
  enter_pieces(std::move(pieces));
}

void apply(const Isolation& isolation, SweepOptions& options) {
  enter_libraries(isolation);
  options.select.origins = isolation.plugins;
  if (!isolation.pieces.empty()) options.select.origins.push_back(isolation.pieces.back());
  options.limits.seconds = isolation.case_seconds;
  if (isolation.in_process) return guard_exit(true);
  options.make_runner = [worker = worker_options(isolation)] { return make_worker_runner(worker); };
}

}  // namespace mlacheck
