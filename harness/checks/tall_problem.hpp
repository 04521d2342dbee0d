// The rows of one problem among many: how many it takes, and how a subject's launches grow with them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/checks/dry_run.hpp"
#include "harness/checks/session.hpp"
#include "harness/execute/spread_run.hpp"
#include "harness/op/rows.hpp"

namespace mlacheck {

/// So many rows that the widest operand passes 2^32 elements, a launch 2^32 threads, or the narrowest
/// operand 2^32 elements.
enum class Reach : std::uint8_t { widest, threads, narrowest };

class TallProblem {
 public:
  /// `session` and `problem` must outlive it.
  TallProblem(const Session& session, const Problem& problem, RowSize size);

  const RowSize& size() const { return size_; }

  /// Of the problem itself.
  std::int64_t count() const { return rows_of(*problem_, size_); }

  /// The call for a single row, its launches only recorded.
  const DryRun& one() const { return one_; }

  /// As many as `reach` wants, or as many of them as the subject takes. 0: none.
  std::int64_t rows(Reach reach) const;

  /// How far an index of that many rows goes: in rows, elements, bytes and threads.
  std::set<std::int64_t> totals(std::int64_t rows) const;

  /// Whether the launches are the same kernels as for one row, and some have more blocks.
  bool has_launches_of_one(std::int64_t rows) const;

  Spread at(const RowPlaces& places) const;

  /// Numbers of outer parts that the blocks of a grid may have. One way after the other is to be tried;
  /// the last one is all numbers at once.
  using Parts = std::vector<std::uint64_t>;
  std::vector<Parts> ways_to_divide() const;

  /// Those that work on `places`.
  BlockChoice blocks_at(const RowPlaces& places, const Parts& outer) const;

  /// Where a run of chosen blocks touched a page of an output in which none of their rows lies; or
  /// empty.
  std::string foreign_page(const SpreadRun& run, const Spread& spread, std::int64_t rows,
                           const Parts& outer) const;

 private:
  Problem outline(std::int64_t rows) const;
  DryRun dry(std::int64_t rows) const;
  bool takes(std::int64_t rows) const;
  bool grows(std::size_t operand) const;
  std::int64_t wanted_rows(Reach reach) const;

  const Session* session_;
  const Problem* problem_;
  RowSize size_;
  DryRun one_;
};

}  // namespace mlacheck
