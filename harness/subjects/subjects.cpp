#include "harness/subjects/subjects.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <stdexcept>

#include "harness/domain/domain.hpp"
#include "harness/environment/progress.hpp"
#include "harness/plugin/export_table.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/plugin/library.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/subjects/python_subjects.hpp"
#include "harness/subjects/registry.hpp"
#include "harness/subjects/subject_store.hpp"
#include "harness/subjects/tiles.hpp"
#include "harness/text/text.hpp"

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

// A misspelt contract would silently give neither permissions nor costs.
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

// A name stands for one subject: not for two of this table, nor for one that was there before.
void check_names(const SubjectTable& table, const std::string& place) {
  const auto refuse = [&](const Subject& subject, const std::string& why) {
    throw std::invalid_argument(place + "variant '" + subject.variant + "' of op " + table.op +
                                " on " + table.backend + ": " + why);
  };
  std::set<std::string> own;
  for (const Subject& subject : table.subjects) {
    if (!own.insert(subject.variant).second) refuse(subject, "the library has it twice");
    for (const SubjectTable& known : all_subject_tables()) {
      if (known.op != table.op || known.backend != table.backend) continue;
      if (find_subject(known, subject.variant) == nullptr) continue;
      if (known.origin == table.origin) refuse(subject, "the library has it twice");
      refuse(subject,
             "the name is taken by " + (known.origin.empty() ? "a bundled variant" : known.origin));
    }
  }
}

struct Place {
  const SubjectTable* table = nullptr;
  const Subject* subject = nullptr;
};

Place place_of_baseline(const SubjectTable& table, const Subject& subject) {
  if (const Subject* const own = find_subject(table, subject.baseline)) return {&table, own};
  for (const SubjectTable& known : all_subject_tables()) {
    if (known.op != table.op || known.backend != table.backend) continue;
    if (const Subject* const found = find_subject(known, subject.baseline)) return {&known, found};
  }
  return {};
}

// A subject of Python or of a plug-in may be compared with any of these.
std::string no_such_baseline(const SubjectTable& table, const Subject& subject) {
  std::set<std::string> known;
  const auto add = [&](const SubjectTable& other) {
    if (other.op != table.op || other.backend != table.backend) return;
    for (const Subject& possible : other.subjects) {
      if (possible.variant != subject.variant) known.insert(possible.variant);
    }
  };
  for (const SubjectTable& other : all_subject_tables()) add(other);
  add(table);
  return "variant '" + subject.variant + "' of op " + table.op + ": baseline '" + subject.baseline +
         "' does not exist on " + table.backend + ": " +
         expected_one_of(subject.baseline, std::vector(known.begin(), known.end()));
}

// A variant whose baselines lead back to it would be compared with itself.
void check_baseline(const SubjectTable& table, const Subject& subject, const std::string& place) {
  Place at{&table, &subject};
  std::set<const Subject*> met;
  while (!at.subject->baseline.empty()) {
    if (!met.insert(at.subject).second) return;  // a circle that this subject only leads into
    const Place next = place_of_baseline(*at.table, *at.subject);
    if (next.subject == nullptr) {
      throw std::invalid_argument(place + no_such_baseline(*at.table, *at.subject));
    }
    if (next.subject == at.subject) {
      throw std::invalid_argument(place + "variant '" + at.subject->variant + "' of op " +
                                  table.op + " is its own baseline");
    }
    if (next.subject == &subject) {
      throw std::invalid_argument(place + "variant '" + subject.variant + "' of op " + table.op +
                                  ": its baseline '" + subject.baseline + "' leads back to it");
    }
    at = next;
  }
}

}  // namespace

std::vector<SubjectTable> load_subjects(const std::string& path) {
  return is_python_subject(path) ? load_python_subjects(path) : load_plugin(path);
}

std::vector<SubjectTable>& all_subject_tables() {
  static std::vector<SubjectTable> tables = import_bundled();
  return tables;
}

const std::vector<SubjectTable>& subject_tables() { return all_subject_tables(); }

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
  const OpModel& model = *find_op(table.op)->model;
  check_tiles(model, table, place);
  for (const Subject& subject : table.subjects) {
    try {
      const Domain domain(subject.domain, model);
    } catch (const std::invalid_argument& unusable) {
      throw std::invalid_argument(place + "variant '" + subject.variant + "' of op " + table.op +
                                  ": " + unusable.what());
    }
  }
}

void describe_only(std::vector<SubjectTable>& tables) {
  for (SubjectTable& table : tables) {
    for (Subject& subject : table.subjects) {
      subject.run = nullptr;
      if (!subject.unavailable) continue;
      note_progress("unavailable of variant " + subject.variant);
      subject.unavailable = [reason = subject.unavailable()] { return reason; };
    }
  }
  note_progress("");
}

std::vector<SubjectTable> describe_plugin(const std::string& path) {
  std::vector<SubjectTable> tables = load_subjects(path);
  describe_only(tables);
  return tables;
}

void add_plugin(const std::string& path) { enter_plugin(path, load_subjects(path)); }

void enter_plugin(const std::string& path, std::vector<SubjectTable> tables) {
  const std::string place = "--subject '" + path + "': ";
  std::vector<SubjectTable>& known = all_subject_tables();
  const std::size_t before = known.size();
  try {
    for (SubjectTable& table : tables) {
      if (table.backend == "cpu") table.backend = "cpu.w32";
      table.origin = path;
      if (table.option.empty()) table.option = "--subject";
      check_known(table, place);
      check_names(table, place);
      for (const Subject& subject : table.subjects) check_contract(subject, table.op, place);
      known.push_back(std::move(table));
    }
    for (std::size_t i = before; i < known.size(); ++i) {
      for (const Subject& subject : known[i].subjects) check_baseline(known[i], subject, place);
    }
  } catch (const std::invalid_argument&) {
    known.resize(before);
    throw;
  }
}

const Subject* find_subject(const SubjectTable& table, std::string_view variant) {
  const auto found =
      std::find_if(table.subjects.begin(), table.subjects.end(),
                   [&](const Subject& subject) { return subject.variant == variant; });
  return found == table.subjects.end() ? nullptr : &*found;
}

const Subject* find_subject(std::string_view op, std::string_view backend,
                            std::string_view variant) {
  for (const SubjectTable& table : subject_tables()) {
    if (table.op != op || table.backend != backend) continue;
    if (const Subject* const found = find_subject(table, variant)) return found;
  }
  return nullptr;
}

const Subject* baseline_of(const SubjectTable& table, const Subject& subject) {
  if (subject.baseline.empty()) return nullptr;
  if (const Subject* const found = place_of_baseline(table, subject).subject) return found;
  throw std::invalid_argument(no_such_baseline(table, subject));
}

}  // namespace mlacheck
