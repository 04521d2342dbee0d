// Mutants as subjects: their tables come from code of our own, compiled into a library.
#include <dlfcn.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "harness/environment/foreign_code.hpp"
#include "harness/environment/progress.hpp"
#include "harness/plugin/export_table.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/plugin/library.hpp"
#include "harness/subjects/mutant_source.hpp"
#include "harness/subjects/registry.hpp"
#include "harness/subjects/subject_store.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck {
namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

// The one variant that is faulty, under the mutant's name. It must agree with what its original
// agrees with; the mutant of a baseline with the original itself.
SubjectTable table_of(const MutantSource& source) {
  SubjectTable table = source.table();
  std::vector<Subject> kept;
  for (Subject& subject : table.subjects) {
    if (subject.variant != source.variant) continue;
    subject.variant = source.id;
    subject.contract = source.variant;
    if (subject.baseline.empty()) subject.baseline = source.variant;
    kept.push_back(std::move(subject));
  }
  if (kept.size() != 1) {
    throw std::invalid_argument(std::string("mutant ") + source.id + ": op " + source.op +
                                " has no variant '" + source.variant + "'");
  }
  table.subjects = std::move(kept);
  return table;
}

// Every bundled variant once more, as if it were a mutant. A check that finds something in one of
// these would kill any mutant.
std::vector<Mutant> add_controls(const std::string& backend) {
  static std::deque<ExportedTable> exported;
  std::vector<Mutant> controls;
  for (SubjectTable& table : bundled_subjects()) {
    if (table.backend != backend) continue;
    for (Subject& subject : table.subjects) {
      subject.contract = subject.variant;
      if (subject.baseline.empty()) subject.baseline = subject.variant;
      subject.variant = "control." + subject.variant;
      Mutant& control = controls.emplace_back();
      control.id = subject.variant;
      control.op = table.op;
      control.backend = table.backend;
      control.variant = subject.contract;
      control.summary = "the variant itself";
      control.is_control = true;
    }
    all_subject_tables().push_back(
        import_table(exported.emplace_back(std::move(table)).table(), nullptr));
  }
  return controls;
}

// Its mutants with 64 lanes have the controls with 32.
std::string backend_of(const MutantLibrary& library) {
  for (const SubjectTable& table : library.tables) {
    if (!table.backend.starts_with("cpu.")) return table.backend;
  }
  return "cpu.w32";
}

// The tool of compute-sanitizer that must find the mutant in place of the battery; or empty.
std::string tool_of(const std::vector<std::string>& checks) {
  constexpr std::string_view kTools[] = {"memcheck", "racecheck", "synccheck", "initcheck"};
  if (checks.empty()) return {};
  return std::find(std::begin(kTools), std::end(kTools), checks.front()) == std::end(kTools)
             ? std::string()
             : checks.front();
}

constexpr std::size_t kMostMutants = 4096;

MutantLibrary load(const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("mutants '" + path + "': " + what);
  };
  std::string error;
  void* const handle = load_library(path, error);
  if (handle == nullptr) refuse("cannot be loaded: " + error);
  void* const symbol = dlsym(handle, "mlacheck_mutants");
  if (symbol == nullptr) refuse("exports no mlacheck_mutants");
  note_progress("mlacheck_mutants");
  std::size_t count = 0;
  const MutantSource* sources = nullptr;
  {
    const ForeignCode foreign;
    sources = reinterpret_cast<const MutantSource* (*)(std::size_t*)>(symbol)(&count);
  }
  note_progress("reading the mutants");
  if (sources == nullptr || count == 0) refuse("has no mutants");
  if (count > kMostMutants) {
    refuse(std::to_string(count) + " mutants where at most " + std::to_string(kMostMutants) +
           " can be meant");
  }
  static std::deque<ExportedTable> exported;
  MutantLibrary library;
  for (std::size_t i = 0; i < count; ++i) {
    const MutantSource& source = sources[i];
    Mutant& mutant = library.mutants.emplace_back();
    mutant.id = source.id;
    mutant.op = source.op;
    mutant.variant = source.variant;
    mutant.summary = source.summary;
    mutant.checks = words(source.checks);
    mutant.reason = source.reason;
    mutant.only_gpu = source.only_gpu;
    mutant.only_on = source.only_on;
    mutant.is_control = mutant.checks.empty();
    mutant.left_out = source.table == nullptr;
    if (mutant.left_out) continue;
    mutant.tool = tool_of(mutant.checks);
    library.tables.push_back(
        import_table(exported.emplace_back(table_of(source)).table(), nullptr));
    mutant.backend = library.tables.back().backend;
  }
  note_progress("");
  return library;
}

}  // namespace

std::vector<Mutant> add_mutants(const std::string& path) { return enter_mutants(path, load(path)); }

MutantLibrary describe_mutants(const std::string& path) {
  MutantLibrary library = load(path);
  describe_only(library.tables);
  return library;
}

std::vector<Mutant> enter_mutants(const std::string& path, MutantLibrary library) {
  std::vector<Mutant> mutants = add_controls(backend_of(library));
  for (SubjectTable& table : library.tables) {
    table.origin = path;
    table.option = "--mutants";
    check_known(table, "mutants '" + path + "': ");
    all_subject_tables().push_back(std::move(table));
  }
  mutants.insert(mutants.end(), std::make_move_iterator(library.mutants.begin()),
                 std::make_move_iterator(library.mutants.end()));
  return mutants;
}

}  // namespace mlacheck
