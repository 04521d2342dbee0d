// Rows: the entries of one size of a problem, of which none looks at another. A row keeps its result
// wherever it lies among others, so a few rows stand for a problem that no memory could hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/problem.hpp"
#include "harness/op/relation.hpp"

namespace mlacheck {

/// A size whose entries are rows.
struct RowSize {
  std::string name;               ///< "tokens"
  std::vector<OperandAxis> axes;  ///< that count it; operands that a problem lacks are passed over
  /// Whether the same row may occur several times.
  bool may_repeat = true;
};

/// Where rows of a problem lie among many.
class RowPlaces {
 public:
  struct Place {
    std::int64_t origin;  ///< row of the problem
    std::int64_t at;      ///< row among all
  };

  /// `places` in ascending order of both, each `at` once, the first at row 0 of the `rows`.
  RowPlaces(std::vector<Place> places, std::int64_t rows);

  /// The same rows side by side, and no others.
  RowPlaces alone() const;

  const std::vector<Place>& places() const { return places_; }
  std::int64_t rows() const { return rows_; }

  /// Of all rows, how many come before the problem's row `origin`: what a scalar `origin` that counts
  /// rows becomes.
  std::int64_t before(std::int64_t origin) const;

 private:
  std::vector<Place> places_;
  std::int64_t rows_;
};

/// A problem whose rows lie among many.
struct Spread {
  Problem problem;              ///< the placed rows alone
  std::vector<Layout> layouts;  ///< of each operand with all rows, dense
  /// In that layout, of each element of the operand in `problem`.
  std::vector<std::vector<std::int64_t>> positions;
};

/// Scalars and contents that count rows are left as they are: see OpModel::move_rows().
Spread spread(const Problem& problem, const RowSize& size, const RowPlaces& places);

/// How many rows `problem` has; 0 if it has none of the operands.
std::int64_t rows_of(const Problem& problem, const RowSize& size);

/// How many parts the axes in front of the rows make of an operand; 0 if `problem` lacks it.
std::int64_t parts_before(const Problem& problem, const OperandAxis& rows);

}  // namespace mlacheck
