#include "harness/checks/extrapolate.hpp"

#include <algorithm>
#include <utility>

namespace mlacheck {
namespace {

// Sizes at which the small problems are looked at: four for the coefficients, one to try them on.
constexpr std::array<std::pair<std::int64_t, std::int64_t>, 5> kPoints{
    {{2, 2}, {4, 2}, {2, 6}, {4, 6}, {7, 11}}};

std::optional<Bilinear> fit(const std::array<std::int64_t, 5>& values) {
  const auto [m, n] = kPoints[0];
  const std::int64_t dm = kPoints[1].first - m;
  const std::int64_t dn = kPoints[2].second - n;
  Bilinear found;
  found.product = (values[3] - values[2] - values[1] + values[0]) / (dm * dn);
  found.first = (values[1] - values[0]) / dm - found.product * n;
  found.second = (values[2] - values[0]) / dn - found.product * m;
  found.constant = values[0] - found.first * m - found.second * n - found.product * m * n;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    if (found.at(kPoints[i].first, kPoints[i].second) != values[i]) return std::nullopt;
  }
  return found;
}

}  // namespace

Problem Extrapolation::at(std::int64_t first, std::int64_t second) const {
  Problem problem = small_;
  for (std::size_t k = 0; k < shapes_.size(); ++k) {
    std::vector<std::int64_t> shape;
    for (const Bilinear& extent : shapes_[k]) shape.push_back(extent.at(first, second));
    Operand& operand = problem.operands[k];
    operand.layout = Layout::dense_like(small_.operands[k].layout, std::move(shape));
  }
  for (std::size_t i = 0; i < integers_.size(); ++i) {
    problem.integers[i].second = integers_[i].at(first, second);
  }
  return problem;
}

std::optional<Extrapolation> extrapolate(
    const std::function<std::optional<Problem>(std::int64_t, std::int64_t)>& problem_of) {
  std::vector<Problem> problems;
  for (const auto& [first, second] : kPoints) {
    std::optional<Problem> problem = problem_of(first, second);
    if (!problem) return std::nullopt;
    problems.push_back(*std::move(problem));
  }
  // A list whose entries are operands of their own has no fixed number of them.
  for (const Problem& problem : problems) {
    if (problem.operands.size() != problems.back().operands.size()) return std::nullopt;
  }
  const auto fitted = [&](const auto& value) {
    std::array<std::int64_t, 5> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(problems[i]);
    return fit(values);
  };
  Extrapolation result;
  result.small_ = problems.back();
  for (std::size_t k = 0; k < result.small_.operands.size(); ++k) {
    std::vector<Bilinear> shape;
    for (std::size_t axis = 0; axis < result.small_.operands[k].layout.shape.size(); ++axis) {
      const auto extent =
          fitted([&](const Problem& p) { return p.operands.at(k).layout.shape.at(axis); });
      if (!extent) return std::nullopt;
      shape.push_back(*extent);
    }
    result.shapes_.push_back(std::move(shape));
  }
  for (std::size_t i = 0; i < result.small_.integers.size(); ++i) {
    const auto integer = fitted([&](const Problem& p) { return p.integers.at(i).second; });
    if (!integer) return std::nullopt;
    result.integers_.push_back(*integer);
  }
  for (Operand& operand : result.small_.operands) {
    operand.bits.clear();
    operand.cells.clear();
  }
  return result;
}

}  // namespace mlacheck
