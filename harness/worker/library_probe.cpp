#include "harness/worker/library_probe.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "harness/subjects/python_subjects.hpp"
#include "harness/text/text.hpp"
#include "harness/worker/protocol.hpp"

namespace mlacheck {
namespace {

// The first sub-folder that holds Python files, which only `package.module` can name; empty if none does.
std::string package_in(const std::string& path) {
  namespace fs = std::filesystem;
  std::set<std::string> packages;
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, unreadable)) {
    if (is_python_subject(entry.path()) && entry.is_directory(unreadable)) {
      packages.insert(entry.path().filename());
    }
  }
  return packages.empty() ? "" : *packages.begin();
}

// What opening it could block on, or would not end with, is refused by its kind.
std::string unsuitable(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) {
    return fmt::format("cannot be loaded: {}", std::strerror(errno));
  }
  if (S_ISREG(file.st_mode)) return {};
  const char* kind = "no regular file";
  if (S_ISDIR(file.st_mode)) {
    const std::string package = package_in(path);
    if (!package.empty()) {
      return fmt::format(
          "is a directory without Python files, expected a shared library, or the name of a module "
          "as "
          "Python imports it from there, such as {0}.MODULE for {0}/MODULE.py",
          package);
    }
    kind = "a directory";
  }
  if (S_ISFIFO(file.st_mode)) kind = "a FIFO";
  if (S_ISCHR(file.st_mode) || S_ISBLK(file.st_mode)) kind = "a device";
  if (S_ISSOCK(file.st_mode)) kind = "a socket";
  return fmt::format("is {}, expected a shared library, which is a regular file", kind);
}

// Why there is no description.
std::string reason_for(const std::string& path, Worker& worker, Reply reply,
                       const ProbeOptions& options) {
  const Death death = worker.bury(reply != Reply::closed);
  if (reply == Reply::closed && !worker.has_begun()) {
    throw std::runtime_error(
        fmt::format("the process that was to load '{}' {} before it was ready: {}", path,
                    death.text, printable_line(worker.output_tail(1))));
  }
  if (worker.has_strays()) return "a child process that it forked came back into the harness";
  const std::string at = worker.post_mortem().check.data();
  const std::string during = at.empty() ? "" : " during: " + printable_line(at);
  switch (reply) {
    case Reply::timeout:
      return fmt::format("did not come back within {}{}", worker.limit(), during);
    case Reply::memory:
      return fmt::format("took more than {} MiB (--worker-gib){}", options.memory >> 20, during);
    case Reply::broken:
    case Reply::unasked:
    case Reply::answer:
      return "disturbed the channel of the process that loaded it" + during;
    case Reply::interrupted:
      return "was being loaded when a signal came" + during;
    case Reply::closed:
      break;
  }
  const std::string words = printable_line(worker.output_tail(1));
  return "the process that loaded it " + (death.by_itself ? death.text : "closed its channel") +
         during + (words.empty() ? "" : "; its last words: " + words);
}

MutantLibrary ask(const std::string& option, const std::string& path, const ProbeOptions& options) {
  const std::string place =
      fmt::format("{} '{}': ", option == "--subject" ? "--subject" : "mutants", path);
  if (!is_python_subject(path)) {
    if (const std::string reason = unsuitable(path); !reason.empty()) {
      throw std::invalid_argument(place + reason);
    }
  }
  std::vector<std::string> arguments = options.arguments;
  arguments.insert(arguments.end(), {"describe", option, path});
  Worker worker({options.program, std::move(arguments)});
  if (worker.failed()) throw std::runtime_error(worker.error());
  std::string answer;
  AskLimits limits;
  limits.memory = options.memory;
  limits.load_seconds = options.seconds;
  const Reply reply = worker.ask("{}", limits, answer);
  if (reply != Reply::answer || worker.has_strays()) {
    throw std::invalid_argument(place + reason_for(path, worker, reply, options));
  }
  Description description;
  try {
    description = description_of(answer);
  } catch (const std::invalid_argument& wrong) {
    throw std::invalid_argument(fmt::format("{}{}: {}", place,
                                            reason_for(path, worker, Reply::broken, options),
                                            printable_line(wrong.what())));
  }
  if (!description.refused.empty()) {
    throw std::invalid_argument(printable_line(description.refused));
  }
  if (!description.error.empty()) throw std::runtime_error(place + description.error);
  return std::move(description.library);
}

}  // namespace

std::vector<SubjectTable> probe_plugin(const std::string& path, const ProbeOptions& options) {
  return ask("--subject", path, options).tables;
}

MutantLibrary probe_mutants(const std::string& path, const ProbeOptions& options) {
  return ask("--mutants", path, options);
}

}  // namespace mlacheck
