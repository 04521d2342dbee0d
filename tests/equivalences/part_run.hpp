// A part of an equivalence, tried case by case on one variant and backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/sweep/row.hpp"
#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {

/// Cases that had their say, and what was compared.
struct Tried {
  std::int64_t cases = 0;
  std::int64_t applied = 0;
  Compared compared;
};

class PartRun {
 public:
  PartRun(Part part, Row row) : part_(std::move(part)), row_(std::move(row)) {}

  const Part& part() const { return part_; }
  const Row& row() const { return row_; }
  const Tried& tried() const { return tried_; }

  /// Empty, or why nothing can run here.
  std::string reason_to_skip();

  /// Empty if the part holds for the case made to fit, or does not speak of it. Throws std::logic_error
  /// if the case still is none of the op.
  std::string failure_of(const Case& drawn);

  /// Whether the last case was too large to be tried.
  bool was_too_large() const { return too_large_; }

 private:
  Backend& backend();

  Part part_;
  Row row_;
  Tried tried_;
  bool too_large_ = false;
  std::shared_ptr<const std::vector<std::unique_ptr<Backend>>>
      backends_;  // made when first asked for
};

/// The rows of a selection that a part is tried on: every variant of its op, or the one that it names,
/// unless the selection names others.
std::vector<PartRun> runs_of(const Part& part, Selection selection);

}  // namespace mlacheck::equivalences
