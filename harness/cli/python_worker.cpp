#include "harness/cli/python_worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "harness/subjects/python_subjects.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

namespace fs = std::filesystem;

// The package may lie in the folder of a virtual environment, whose place in the search path must
// not change: then it is found there already.
constexpr const char* kStart =
    "import sys\n"
    "folder = sys.argv.pop(1)\n"
    "if folder not in sys.path: sys.path.insert(1, folder)\n"
    "from mlacheck._worker import main\n"
    "main(sys.argv[1:])";

bool is_program(const fs::path& path) {
  std::error_code missing;
  return fs::is_regular_file(path, missing) && access(path.c_str(), X_OK) == 0;
}

bool is_file(const fs::path& path) {
  std::error_code missing;
  return fs::is_regular_file(path, missing);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As a shell finds it; empty if there is none.
std::string found_on_path(const std::string& name) {
  std::istringstream folders(variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    if (is_program(candidate)) return candidate;
  }
  return {};
}

std::string interpreter(const std::string& python) {
  if (!python.empty()) {
    const std::string found =
        python.find('/') == std::string::npos ? found_on_path(python) : python;
    if (is_program(found)) return found;
    throw std::invalid_argument("--python '" + excerpt(python) +
                                "': expected a Python interpreter, which can be started");
  }
  if (const std::string own = variable("MLACHECK_PYTHON"); !own.empty()) {
    if (is_program(own)) return own;
    throw std::invalid_argument("MLACHECK_PYTHON '" + excerpt(own) +
                                "': expected a Python interpreter, which can be started");
  }
  if (const std::string environment = variable("VIRTUAL_ENV"); !environment.empty()) {
    const fs::path own = fs::path(environment) / "bin" / "python";
    if (is_program(own)) return own;
    throw std::invalid_argument("VIRTUAL_ENV '" + excerpt(environment) +
                                "': has no bin/python, expected a virtual environment or --python");
  }
  const std::string found = found_on_path("python3");
  if (!found.empty()) return found;
  throw std::invalid_argument("no python3 on PATH, expected one, or --python");
}

fs::path folder_of_program() {
  std::error_code unreadable;
  const fs::path program = fs::read_symlink("/proc/self/exe", unreadable);
  if (unreadable) throw std::runtime_error("/proc/self/exe cannot be read");
  return program.parent_path();
}

fs::path first_of(const std::vector<fs::path>& folders, const char* file, const char* what) {
  for (const fs::path& folder : folders) {
    if (is_file(folder / file)) return folder.lexically_normal();
  }
  std::string tried;
  for (const fs::path& folder : folders) tried += ' ' + folder.lexically_normal().string();
  throw std::runtime_error(std::string(what) + " is not where this program looks for it:" + tried);
}

}  // namespace

bool any_python(const std::vector<std::string>& subjects) {
  return std::any_of(subjects.begin(), subjects.end(), &is_python_subject);
}

WorkerCommand python_command(const std::string& python) {
  const fs::path own = folder_of_program();
  const fs::path installed = own / "../lib/mlacheck";
  // Installed, built within the sources, or in a Python package.
  const fs::path package = first_of({installed / "python", own / "python", own / "../python",
                                     own / "../../python", own / "../.."},
                                    "mlacheck/_worker.py", "the Python package mlacheck");
  const fs::path library =
      first_of({own, installed}, "libmlacheck_worker.so", "libmlacheck_worker.so");
  return {interpreter(python),
          {"-u", "-c", kStart, package.string(), (library / "libmlacheck_worker.so").string()}};
}

}  // namespace mlacheck
