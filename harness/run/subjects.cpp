#include "harness/run/subjects.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <stdexcept>

#include "harness/plugin/export_table.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/plugin/library.hpp"
#include "harness/run/ops.hpp"
#include "harness/run/registry.hpp"
#include "harness/run/subject_store.hpp"
#include "properties/tiles.hpp"

namespace mlacheck {
namespace {

std::vector<SubjectTable> import_bundled() {
  static std::deque<ExportedTable> exported;
  std::vector<SubjectTable> result;
  for (SubjectTable& table : bundled_subjects()) {
    result.push_back(import_table(exported.emplace_back(std::move(table)).table(), nullptr));
  }
  return result;
}

const Subject* find(const SubjectTable& table, const std::string& variant) {
  const auto found =
      std::find_if(table.subjects.begin(), table.subjects.end(),
                   [&](const Subject& subject) { return subject.variant == variant; });
  return found == table.subjects.end() ? nullptr : &*found;
}

void check_known(const SubjectTable& table, const std::string& place) {
  if (find_op(table.op) == nullptr) {
    std::string known;
    for (const OpEntry& op : ops()) known += " " + op.model->schema().op;
    throw std::invalid_argument(place + "op '" + table.op + "': expected one of" + known);
  }
  const std::vector<std::string> backends{"cpu.w32", "cpu.w64", "cuda", "hip"};
  if (std::find(backends.begin(), backends.end(), table.backend) == backends.end()) {
    throw std::invalid_argument(place + "backend '" + table.backend +
                                "': expected one of cpu cuda hip");
  }
  check_tiles(*find_op(table.op)->model, table, place);
}

// A misspelt contract would be one without permissions and without costs.
void check_contract(const Subject& subject, const std::string& op, const std::string& place) {
  if (subject.contract.empty()) return;
  std::set<std::string> known;
  for (const SubjectTable& table : all_subject_tables()) {
    if (table.op != op || !table.origin.empty()) continue;
    for (const Subject& bundled : table.subjects) known.insert(bundled.variant);
  }
  if (known.contains(subject.contract)) return;
  std::string message = place + "contract '" + subject.contract + "' of variant '" +
                        subject.variant + "' of op " + op + ": expected one of";
  for (const std::string& name : known) message += " " + name;
  throw std::invalid_argument(message);
}

}  // namespace

std::vector<SubjectTable>& all_subject_tables() {
  static std::vector<SubjectTable> tables = import_bundled();
  return tables;
}

const std::vector<SubjectTable>& subject_tables() { return all_subject_tables(); }

void add_plugin(const std::string& path) {
  const std::string place = "--subject '" + path + "': ";
  std::vector<SubjectTable> added = load_plugin(path);
  for (SubjectTable& table : added) {
    if (table.backend == "cpu") table.backend = "cpu.w32";
    table.origin = path;
    table.option = "--subject";
    check_known(table, place);
    for (const Subject& subject : table.subjects) check_contract(subject, table.op, place);
    for (const SubjectTable& known : all_subject_tables()) {
      if (known.op != table.op || known.backend != table.backend) continue;
      for (const Subject& subject : table.subjects) {
        if (find(known, subject.variant) == nullptr) continue;
        throw std::invalid_argument(place + "variant '" + subject.variant + "' of op " + table.op +
                                    " on " + table.backend + ": the name is taken by " +
                                    (known.origin.empty() ? "a bundled variant" : known.origin));
      }
    }
  }
  std::vector<SubjectTable>& tables = all_subject_tables();
  for (SubjectTable& table : added) tables.push_back(std::move(table));
  for (auto table = tables.end() - static_cast<std::ptrdiff_t>(added.size()); table != tables.end();
       ++table) {
    for (const Subject& subject : table->subjects) {
      try {
        static_cast<void>(baseline_of(*table, subject));
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(place + error.what());
      }
    }
  }
}

const Subject* baseline_of(const SubjectTable& table, const Subject& subject) {
  if (subject.baseline.empty()) return nullptr;
  if (const Subject* const own = find(table, subject.baseline)) return own;
  for (const SubjectTable& known : all_subject_tables()) {
    if (known.op != table.op || known.backend != table.backend) continue;
    if (const Subject* const found = find(known, subject.baseline)) return found;
  }
  throw std::invalid_argument("variant '" + subject.variant + "' of op " + table.op +
                              ": baseline '" + subject.baseline + "' does not exist on " +
                              table.backend);
}

}  // namespace mlacheck
