#include "harness/cli/selection.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Backends = std::vector<std::unique_ptr<Backend>>;

// Of the rows, each once, in their order.
std::string names_of(const std::vector<Row>& rows,
                     const std::function<std::string(const Row&)>& name) {
  std::vector<std::string> names;
  std::string text;
  for (const Row& row : rows) {
    const std::string next = printable_line(name(row));
    if (std::find(names.begin(), names.end(), next) != names.end()) continue;
    names.push_back(next);
    text += (text.empty() ? "" : ", ") + next;
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "'" : " or '") + excerpt(word) + "'";
  }
  return text;
}

// The backends that the chosen libraries have subjects for, and this build does not have.
std::string foreign_backends(const Selection& selection) {
  std::string text;
  for (const SubjectTable& table : subject_tables()) {
    const bool chosen =
        selection.origins.empty() || std::find(selection.origins.begin(), selection.origins.end(),
                                               table.origin) != selection.origins.end();
    if (!chosen || table.subjects.empty() || text.find(table.backend) != std::string::npos)
      continue;
    text += (text.empty() ? "" : ", ") + table.backend;
  }
  return text;
}

// Puts the filters on one after the other, until nothing is left.
std::string reason_for_nothing(const Selection& selection, const Backends& backends) {
  Selection step;
  step.origins = selection.origins;
  const std::string owner =
      selection.origins.empty() ? "this build" : "the library " + joined(selection.origins);
  std::vector<Row> left = select_rows(step, backends);
  if (left.empty()) {
    const std::string foreign = foreign_backends(selection);
    if (foreign.empty()) return owner + " has no subjects";
    return owner + " has subjects for " + foreign + " only, this build runs none of them";
  }
  const auto op_of = [](const Row& row) { return row.op_name(); };
  const auto backend_of = [](const Row& row) { return row.backend; };
  const auto variant_of = [](const Row& row) { return row.subject.variant; };
  // Replaces what is left by what a further filter leaves of it; empty if that is something.
  const auto emptied = [&](const std::string& without, const auto& name) -> std::string {
    std::vector<Row> next = select_rows(step, backends);
    const std::string had = names_of(left, name);
    left = std::move(next);
    return left.empty() ? without + "; it has " + had : std::string();
  };

  step.ops = selection.ops;
  std::string reason = emptied(owner + " has no op " + joined(selection.ops), op_of);
  if (!reason.empty()) return reason;
  const std::string chosen_ops = names_of(left, op_of);
  step.backends = selection.backends;
  reason = emptied(chosen_ops + " has no backend " + joined(selection.backends), backend_of);
  if (!reason.empty()) return reason;
  const std::string where = selection.backends.empty() ? "" : " on " + names_of(left, backend_of);
  step.variants = selection.variants;
  reason =
      emptied(chosen_ops + " has no variant " + joined(selection.variants) + where, variant_of);
  if (!reason.empty()) return reason;
  return "--without takes away " + names_of(left, variant_of) + " and leaves no other";
}

}  // namespace

std::vector<Row> rows_to_run(const Selection& selection, const Backends& backends) {
  std::vector<Row> rows = select_rows(selection, backends);
  const auto refuse = [&](const Selection& without_rows) {
    throw std::invalid_argument("no row left: " + reason_for_nothing(without_rows, backends));
  };
  if (rows.empty()) refuse(selection);
  // Other rows must not hide that a variant which was asked for is in none of them.
  Selection one = selection;
  for (const std::string& variant : selection.variants) {
    one.variants = {variant};
    if (select_rows(one, backends).empty()) refuse(one);
  }
  return rows;
}

void check_mutants(const std::vector<Mutant>& mutants, const std::vector<std::string>& ids,
                   const std::string& library) {
  if (mutants.empty()) {
    throw std::invalid_argument("no row left: --library '" + excerpt(library, 200) +
                                "' has no mutants");
  }
  std::vector<std::string> known;
  for (const Mutant& mutant : mutants) {
    // A control is there once for each op that has a variant of its name.
    if (std::find(known.begin(), known.end(), mutant.id) == known.end()) known.push_back(mutant.id);
  }
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    throw std::invalid_argument("mutant '" + excerpt(id) + "': " + expected_one_of(id, known));
  }
}

}  // namespace mlacheck
