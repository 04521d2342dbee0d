// Mutants as subjects: their tables come from code of our own, compiled into a library.
#include <dlfcn.h>

#include <deque>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "harness/plugin/export_table.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/run/mutant_source.hpp"
#include "harness/run/registry.hpp"
#include "harness/run/subject_store.hpp"
#include "harness/run/subjects.hpp"

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

// Every bundled variant once more, as if it were a mutant: what finds something in one of these
// would call any mutant killed.
std::vector<Mutant> add_controls() {
  static std::deque<ExportedTable> exported;
  std::vector<Mutant> controls;
  for (SubjectTable& table : bundled_subjects()) {
    if (table.backend != "cpu.w32") continue;
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

}  // namespace

std::vector<Mutant> add_mutants(const std::string& path) {
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw std::invalid_argument("mutants '" + path + "': cannot be loaded: " + dlerror());
  }
  void* const symbol = dlsym(handle, "mlacheck_mutants");
  if (symbol == nullptr) {
    throw std::invalid_argument("mutants '" + path + "': exports no mlacheck_mutants");
  }
  std::size_t count = 0;
  const MutantSource* const sources =
      reinterpret_cast<const MutantSource* (*)(std::size_t*)>(symbol)(&count);
  static std::deque<ExportedTable> exported;
  std::vector<Mutant> mutants = add_controls();
  for (std::size_t i = 0; i < count; ++i) {
    const MutantSource& source = sources[i];
    SubjectTable table = import_table(exported.emplace_back(table_of(source)).table(), nullptr);
    table.origin = path;
    table.option = "--mutants";
    std::vector<std::string> checks = words(source.checks);
    const bool is_control = checks.empty();
    mutants.push_back({source.id, source.op, table.backend, source.variant, source.summary,
                       std::move(checks), source.reason, is_control});
    all_subject_tables().push_back(std::move(table));
  }
  return mutants;
}

}  // namespace mlacheck
