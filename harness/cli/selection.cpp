#include "harness/cli/selection.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Backends = std::vector<std::unique_ptr<Backend>>;

// Of the rows, each once, in their order.
std::string names_of(const std::vector<SweepRow>& rows,
                     const std::function<std::string(const SweepRow&)>& name) {
  std::vector<std::string> names;
  std::string text;
  for (const SweepRow& row : rows) {
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
std::string foreign_backends(const SweepOptions& options) {
  std::string text;
  for (const SubjectTable& table : subject_tables()) {
    const bool chosen = options.origins.empty() ||
                        std::find(options.origins.begin(), options.origins.end(), table.origin) !=
                            options.origins.end();
    if (!chosen || table.subjects.empty() || text.find(table.backend) != std::string::npos)
      continue;
    text += (text.empty() ? "" : ", ") + table.backend;
  }
  return text;
}

// Puts the filters on one after the other, until nothing is left.
std::string reason_for_nothing(const SweepOptions& options, const Backends& backends) {
  SweepOptions step;
  step.origins = options.origins;
  const std::string owner =
      options.origins.empty() ? "this build" : "the library " + joined(options.origins);
  std::vector<SweepRow> left = select_rows(step, backends);
  if (left.empty()) {
    const std::string foreign = foreign_backends(options);
    if (foreign.empty()) return owner + " has no subjects";
    return owner + " has subjects for " + foreign + " only, this build runs none of them";
  }
  const auto op_of = [](const SweepRow& row) { return row.op->model->schema().op; };
  const auto backend_of = [](const SweepRow& row) { return row.backend; };
  const auto variant_of = [](const SweepRow& row) { return row.subject.variant; };
  // Replaces what is left by what a further filter leaves of it; empty if that is something.
  const auto emptied = [&](const std::string& without, const auto& name) -> std::string {
    std::vector<SweepRow> next = select_rows(step, backends);
    const std::string had = names_of(left, name);
    left = std::move(next);
    return left.empty() ? without + "; it has " + had : std::string();
  };

  step.ops = options.ops;
  std::string reason = emptied(owner + " has no op " + joined(options.ops), op_of);
  if (!reason.empty()) return reason;
  const std::string chosen_ops = names_of(left, op_of);
  step.backends = options.backends;
  reason = emptied(chosen_ops + " has no backend " + joined(options.backends), backend_of);
  if (!reason.empty()) return reason;
  const std::string where = options.backends.empty() ? "" : " on " + names_of(left, backend_of);
  step.variants = options.variants;
  reason = emptied(chosen_ops + " has no variant " + joined(options.variants) + where, variant_of);
  if (!reason.empty()) return reason;
  return "--without takes away " + names_of(left, variant_of) + " and leaves no other";
}

}  // namespace

std::vector<SweepRow> rows_to_run(const SweepOptions& options, const Backends& backends) {
  std::vector<SweepRow> rows = select_rows(options, backends);
  if (rows.empty()) {
    throw std::invalid_argument("no row left: " + reason_for_nothing(options, backends));
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
