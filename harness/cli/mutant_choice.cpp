#include "harness/cli/mutant_choice.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "harness/backends/backend.hpp"
#include "harness/cli/selection.hpp"
#include "harness/report/wrap.hpp"
#include "harness/study/mutant_selection.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

constexpr const char* kCpu = "cpu";

bool is_of(const Mutant& mutant, const std::string& backend) {
  return backend == kCpu ? mutant.backend.starts_with("cpu.") : mutant.backend == backend;
}

}  // namespace

std::string reason_without_mutants(const std::string& backend) {
  if (backend == kCpu) return {};
  const auto backends = make_backends();
  std::string known = kCpu;
  for (const auto& there : backends) {
    if (there->name() != "cuda" && there->name() != "hip") continue;
    if (backend == there->name()) return there->unavailable();
    known += " or " + there->name();
  }
  throw std::invalid_argument("--backend '" + excerpt(backend) + "': expected " + known);
}

void set_device(std::vector<Mutant>& mutants, const std::string& backend) {
  if (backend == kCpu) return;
  std::string device;
  for (const auto& there : make_backends()) {
    if (there->name() == backend) device = there->device();
  }
  for (Mutant& mutant : mutants) {
    if (mutant.only_on.empty() || device.find(mutant.only_on) != std::string::npos) continue;
    mutant.is_control = true;
    mutant.checks.clear();
    mutant.reason = "its edit changes something on " + mutant.only_on + " alone";
  }
}

std::string library_beside_program(const std::string& backend) {
  const std::string name = backend == kCpu ? "mlacheck_mutants" : "mlacheck_mutants_" + backend;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string path = (program.parent_path() / (name + ".so")).string();
  if (std::filesystem::exists(path)) return path;
  throw std::invalid_argument("--library '" + excerpt(path, 200) +
                              "': expected a file; the CMake target " + name +
                              " of a build folder makes it");
}

void check_wanted(const std::vector<Mutant>& mutants, const std::vector<std::string>& only,
                  const std::string& backend, const std::string& library) {
  check_mutants(mutants, only, library);
  for (const Mutant& mutant : mutants) {
    if (mutant.left_out || is_of(mutant, backend)) continue;
    throw std::invalid_argument("--library '" + excerpt(library, 200) + "': its mutants are for " +
                                mutant.backend + ", not for --backend " + backend);
  }
  for (const std::string& id : only) {
    const Mutant& mutant = mutant_named(mutants, id);
    if (mutant.left_out) {
      throw std::invalid_argument("mutant '" + id + "': not for " + backend + ": " + mutant.reason);
    }
    if (!mutant.tool.empty()) {
      throw std::invalid_argument("mutant '" + id + "': it is for compute-sanitizer's " +
                                  mutant.tool + ", not for the battery (ci/gpu-mutants)");
    }
  }
}

std::string others_text(const std::vector<Mutant>& mutants) {
  std::size_t left_out = 0;
  std::size_t tools = 0;
  for (const Mutant& mutant : mutants) {
    left_out += mutant.left_out ? 1 : 0;
    tools += mutant.tool.empty() ? 0 : 1;
  }
  std::string text;
  if (tools > 0) text += fmt::format("{} more are for compute-sanitizer\n", tools);
  if (left_out == 0) return text;
  text += fmt::format("{} are left out, since the backend cannot show them:\n", left_out);
  for (const Mutant& mutant : mutants) {
    if (mutant.left_out) text += wrapped(mutant.id + ": " + mutant.reason, "    ");
  }
  return text;
}

std::string list_text(const std::vector<Mutant>& mutants) {
  std::string text;
  for (const Mutant& mutant : mutants) {
    std::string checks = mutant.is_control ? "control" : "";
    for (const std::string& check : mutant.checks) checks += (checks.empty() ? "" : " ") + check;
    if (mutant.left_out) checks = "left out";
    text += fmt::format("{:<44} {:<16} {}\n", excerpt(mutant.id, 48), mutant.op, checks);
  }
  return text;
}

}  // namespace mlacheck
