// What calls of an op may hold, found out from problems that its model makes.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/op/model.hpp"
#include "harness/python/worker_entry.h"
#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

struct Name {
  std::string kind;
  std::string access;
  int problems = 0;  // that have it
};

using Change = std::pair<std::size_t, std::int64_t>;  // a field, and its value

// Fields of a layout, "out.gap", add no operand.
std::vector<Change> changes_of(const Schema& schema) {
  constexpr std::int64_t kSmall = 3;
  std::vector<Change> changes;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    if (field.kind == Field::Kind::list || field.is_seed) continue;
    if (field.name.find('.') != std::string::npos) continue;
    const bool choice = field.kind == Field::Kind::choice;
    const std::int64_t last = choice ? static_cast<std::int64_t>(field.choices.size()) - 1
                                     : std::min(field.maximum, field.minimum + kSmall);
    for (std::int64_t value = choice ? 0 : field.minimum; value <= last; ++value) {
      changes.emplace_back(i, value);
    }
  }
  return changes;
}

// The simplest case, and all that differ from it in two choices or small numbers: whatever an op makes
// optional hangs on one or two of these.
std::vector<Case> cases_of(const OpModel& model) {
  const Case simplest(model.schema());
  const std::vector<Change> changes = changes_of(model.schema());
  std::vector<Case> cases{simplest};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      Case c = simplest;
      c.set_at(changes[k].first, {changes[k].second});
      c.set_at(changes[i].first, {changes[i].second});
      if (model.inadmissible(c).empty()) cases.push_back(std::move(c));
    }
  }
  return cases;
}

const char* access_name(Access access) {
  switch (access) {
    case Access::input:
      return "read";
    case Access::output:
      return "written";
    case Access::update:
      break;
  }
  return "updated";
}

std::string names_text(const OpModel& model, const std::string& contract) {
  std::vector<std::string> order;
  std::map<std::string, Name> names;
  const auto note = [&](const std::string& name, const char* kind, const char* access) {
    const auto [place, added] = names.try_emplace(name, Name{kind, access});
    if (added) order.push_back(name);
    ++place->second.problems;
    // One that is overwritten in some cases is handed out as writable in all.
    if (std::string_view(access) != "read") place->second.access = access;
  };
  const std::vector<Case> cases = cases_of(model);
  for (const Case& c : cases) {
    const Problem problem = model.materialise(c, contract);
    for (const Operand& operand : problem.operands) {
      note(operand.name, "operand", access_name(operand.access));
    }
    for (const auto& [name, value] : problem.integers) note(name, "integer", "read");
    for (const auto& [name, value] : problem.reals) note(name, "real", "read");
  }
  std::string text;
  for (const std::string& name : order) {
    const Name& of = names.at(name);
    const bool always = of.problems == static_cast<int>(cases.size());
    text += of.kind + ' ' + name + ' ' + of.access + (always ? " required" : " optional");
    const bool flagged = std::ranges::any_of(
        model.schema().fields, [&](const Field& field) { return field.name == "has_" + name; });
    text += flagged ? " has_" + name + "=0\n" : " -\n";
  }
  return text;
}

}  // namespace
}  // namespace mlacheck

const char* mlacheck_names_of(const char* op, const char* contract) {
  static std::string text;
  const mlacheck::OpEntry* const entry = mlacheck::find_op(op);
  if (entry == nullptr) return nullptr;
  text = mlacheck::names_text(*entry->model, contract == nullptr ? "" : contract);
  return text.c_str();
}

const char* mlacheck_ops(void) {
  static std::string text;
  text.clear();
  for (const mlacheck::OpEntry& op : mlacheck::ops()) {
    text += (text.empty() ? "" : " ") + op.model->schema().op;
  }
  return text.c_str();
}
