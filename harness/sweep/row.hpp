// What a row of a sweep runs: one subject of one op on one backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/domain/domain.hpp"
#include "harness/op/subject.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// `op` and `table` live as long as the program.
struct Row {
  const OpEntry* op = nullptr;
  const SubjectTable* table = nullptr;  ///< that holds the subject
  Subject subject;
  std::string backend;
  std::string device;
  std::string where{};  ///< terms that a command adds to the subject's domain
  /// The op's model as its domain leaves it; null: all of it.
  std::shared_ptr<const OpModel> claimed{};
  std::string domain{};               ///< all terms; empty: the whole contract
  std::vector<ListedValue> listed{};  ///< numbers that its terms name, which K17 asks for

  const OpModel& model() const { return claimed ? *claimed : *op->model; }
  const std::string& op_name() const { return op->model->schema().op; }
  const std::vector<Tile>& tiles() const { return table->tiles; }
};

/// The subject that `row.subject` must agree with; null for a baseline.
const Subject* baseline_of(const Row& row);

/// Empty, or why the row cannot run on this machine.
std::string reason_to_skip(const Row& row, const Backend& backend);

/// Which rows to run, by name.
struct Selection {
  std::vector<std::string> ops;  ///< empty: all; likewise below
  std::vector<std::string> backends;
  std::vector<std::string> variants;
  std::vector<std::string> without;  ///< variants to leave out
  std::vector<std::string> origins;  ///< plug-ins; empty: bundled subjects too
  std::string where{};               ///< terms that are added to the domain of each row
};

/// Limits a row to a domain: that of its subject, and `where`. Throws std::invalid_argument naming
/// the term that the op does not understand.
void limit(Row& row, const std::string& where);

/// Rows that match, in the order of ops, backends and tables. Throws std::invalid_argument naming an
/// op, backend or variant that does not exist, or a term of a domain.
std::vector<Row> select_rows(const Selection& selection,
                             const std::vector<std::unique_ptr<Backend>>& backends);

/// The backend of that name; throws std::logic_error if there is none.
Backend& backend_named(const std::vector<std::unique_ptr<Backend>>& backends,
                       const std::string& name);

}  // namespace mlacheck
