#include "harness/checks/tall_problem.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/checks/blocks_of_rows.hpp"

namespace mlacheck {
namespace {

std::int64_t bytes_of(std::int64_t elements, DType dtype) {
  return elements * static_cast<std::int64_t>(size_of(dtype));
}

std::int64_t threads_of(const LaunchRecord& launch) {
  return static_cast<std::int64_t>(launch.grid.count() * launch.block.count());
}

}  // namespace

TallProblem::TallProblem(const Session& session, const Problem& problem, RowSize size)
    : session_(&session), problem_(&problem), size_(std::move(size)), one_(dry(1)) {}

Spread TallProblem::at(const RowPlaces& places) const {
  Spread result = spread(*problem_, size_, places);
  session_->model().move_rows(result.problem, size_, places);
  return result;
}

// The problem of that many rows, without contents.
Problem TallProblem::outline(std::int64_t rows) const {
  Spread spread = at(RowPlaces({{0, 0}}, rows));
  for (std::size_t k = 0; k < spread.layouts.size(); ++k) {
    Operand& operand = spread.problem.operands[k];
    operand.layout = spread.layouts[k];
    operand.bits.clear();
    operand.cells.clear();
  }
  return std::move(spread.problem);
}

DryRun TallProblem::dry(std::int64_t rows) const {
  return dry_run(session_->subject(), outline(rows), session_->backend());
}

// Where all blocks run, scratch is memory.
bool TallProblem::takes(std::int64_t rows) const {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 42;  // of an operand
  constexpr std::int64_t kMostWhole = std::int64_t{1} << 35;
  constexpr std::int64_t kMostScratch = std::int64_t{1} << 36;
  const bool chosen = session_->backend().can_choose_blocks();
  for (const Operand& operand : outline(rows).operands) {
    if (bytes_of(operand.layout.storage, operand.dtype) > (chosen ? kMostBytes : kMostWhole)) {
      return false;
    }
  }
  const DryRun run = dry(rows);
  std::int64_t scratch = 0;
  for (const Tensor& asked : run.scratch) scratch += bytes_of(asked.elements(), asked.dtype);
  return run.left_out.empty() && run.status.ok() && (chosen || scratch <= kMostScratch);
}

bool TallProblem::grows(std::size_t operand) const {
  return outline(2).operands[operand].layout.storage > outline(1).operands[operand].layout.storage;
}

std::int64_t TallProblem::wanted_rows(Reach reach) const {
  constexpr std::int64_t kPast = 83;  // rows behind the limit, no whole tile of them
  constexpr std::int64_t kLimit = std::int64_t{1} << 32;
  if (reach == Reach::threads) {
    constexpr std::int64_t kSome = 4096;
    const DryRun some = dry(kSome);
    std::int64_t least = kLimit;
    for (const LaunchRecord& launch : some.launches) {
      if (launch.grid.count() > one_.blocks) least = std::min(least, threads_of(launch));
    }
    return least == kLimit ? 0 : kLimit / std::max<std::int64_t>(least / kSome, 1) + kPast;
  }
  const Problem one = outline(1);
  std::set<std::int64_t> widths;
  for (std::size_t k = 0; k < one.operands.size(); ++k) {
    if (grows(k)) widths.insert(one.operands[k].layout.elements());
  }
  if (widths.empty()) return 0;
  return kLimit / (reach == Reach::widest ? *widths.rbegin() : *widths.begin()) + kPast;
}

std::int64_t TallProblem::rows(Reach reach) const {
  const std::int64_t wanted = wanted_rows(reach);
  if (wanted == 0 || takes(wanted)) return wanted;
  std::int64_t taken = 0;
  for (std::int64_t step = wanted / 2; step > 0; step /= 2) {
    if (takes(taken + step)) taken += step;
  }
  return taken;
}

std::set<std::int64_t> TallProblem::totals(std::int64_t rows) const {
  std::set<std::int64_t> totals{rows};
  const auto add = [&](std::int64_t elements, DType dtype) {
    totals.insert(elements);
    totals.insert(bytes_of(elements, dtype));
  };
  const Problem all = outline(rows);
  for (std::size_t k = 0; k < all.operands.size(); ++k) {
    if (grows(k)) add(all.operands[k].layout.storage, all.operands[k].dtype);
  }
  const DryRun run = dry(rows);
  for (const Tensor& scratch : run.scratch) add(scratch.elements(), scratch.dtype);
  for (const LaunchRecord& launch : run.launches) {
    totals.insert(threads_of(launch));
  }
  return totals;
}

bool TallProblem::has_launches_of_one(std::int64_t rows) const {
  const DryRun run = dry(rows);
  return std::ranges::equal(
             run.launches, one_.launches, {},
             [](const LaunchRecord& l) { return std::string_view(l.kernel); },
             [](const LaunchRecord& l) { return std::string_view(l.kernel); }) &&
         std::ranges::any_of(run.launches,
                             [&](const LaunchRecord& l) { return l.grid.count() > one_.blocks; });
}

// Axes in front of the rows, in the shape of an operand, may be outer parts.
std::vector<TallProblem::Parts> TallProblem::ways_to_divide() const {
  std::set<std::uint64_t> fronts;
  for (const OperandAxis& axis : size_.axes) {
    const std::int64_t parts = parts_before(*problem_, axis);
    if (parts > 0) fronts.insert(static_cast<std::uint64_t>(parts));
  }
  std::set<std::uint64_t> all = fronts;
  for (const LaunchRecord& launch : one_.launches) {
    const std::uint64_t blocks = launch.grid.count();
    for (std::uint64_t part = 1; part <= blocks; ++part) {
      if (blocks % part == 0) all.insert(part);
    }
  }
  std::vector<Parts> ways{{1}};
  fronts.erase(1);
  for (const std::uint64_t front : fronts) ways.push_back({front});
  ways.emplace_back(all.begin(), all.end());
  return ways;
}

BlockChoice TallProblem::blocks_at(const RowPlaces& places, const Parts& outer) const {
  return [this, places, outer](std::size_t number, const LaunchRecord& launch) {
    std::vector<std::int64_t> rows;
    for (const RowPlaces::Place& place : places.places()) rows.push_back(place.at);
    return blocks_of_rows(
        {launch.grid.count(), one_.launches.at(number).grid.count(), places.rows(), outer}, rows);
  };
}

std::string TallProblem::foreign_page(const SpreadRun& run, const Spread& spread, std::int64_t rows,
                                      const Parts& outer) const {
  std::vector<RowRange> allowed;
  for (std::size_t i = 0; i < run.blocks.size(); ++i) {
    const RowGrid all{run.run.launches[i].grid.count(), one_.launches[i].grid.count(), rows, outer};
    if (all.blocks <= all.one_row) continue;
    for (const RowRange& range : rows_of_blocks(all, run.blocks[i])) allowed.push_back(range);
  }
  allowed = merged(std::move(allowed));
  for (std::size_t k = 0; k < run.pages.size(); ++k) {
    const Operand& operand = spread.problem.operands[k];
    const auto axis = std::ranges::find(size_.axes, operand.name, &OperandAxis::operand);
    if (operand.access != Access::output || !run.pages[k] || axis == size_.axes.end()) continue;
    const auto row =
        foreign_row(spread.layouts[k], axis->axis, size_of(operand.dtype), *run.pages[k], allowed);
    if (row) {
      return operand.name + " was touched next to row " + std::to_string(*row) + " of " +
             std::to_string(rows) + " " + size_.name + ", which is none of the blocks that ran";
    }
  }
  return {};
}

}  // namespace mlacheck
