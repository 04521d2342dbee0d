// What changes along K: parts of it, zeros behind it, splits.
#include <algorithm>

#include "properties/quantized_bmm/relations.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

constexpr std::int64_t kBlock = kMxBlock;

// Elements of K that one element of the operand's last axis holds; 0 for one without that axis.
std::int64_t share_of(const Problem& problem, const Operand& operand) {
  if (operand.name == "x_scales" || operand.name == "w_scales") return kBlock;
  if (operand.name == "w") return Parameters::of(problem).fp8() ? 1 : 2;
  if (operand.name == "x") return operand.dtype == DType::u8 ? 2 : 1;
  return 0;
}

// Rows of the last axis, each followed by `count` times `filling`.
Operand longer(const Operand& operand, std::int64_t count, std::uint32_t filling) {
  Operand result = operand;
  std::vector<std::int64_t> shape = operand.layout.shape;
  const auto old = static_cast<std::size_t>(shape.back());
  shape.back() += count;
  result.layout = Layout::dense(shape);
  result.bits.clear();
  const auto rows = static_cast<std::size_t>(shape[0] * shape[1]);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto first = operand.bits.begin() + static_cast<std::ptrdiff_t>(row * old);
    result.bits.insert(result.bits.end(), first, first + static_cast<std::ptrdiff_t>(old));
    result.bits.insert(result.bits.end(), static_cast<std::size_t>(count), filling);
  }
  // Cells are all dead, or all live.
  if (!operand.cells.empty()) result.cells.assign(result.bits.size(), operand.cells.front());
  return result;
}

}  // namespace

std::int64_t depth_of(const Problem& problem) {
  const Operand& x = Operands{problem}.x();
  return x.layout.shape[2] * share_of(problem, x);
}

Problem part_of_depth(const Problem& problem, std::int64_t first, std::int64_t end) {
  Problem part = problem;
  for (Operand& operand : part.operands) {
    const std::int64_t share = share_of(problem, operand);
    if (share == 0) continue;
    operand = take(operand, 2, index_range(first / share, end / share));
  }
  return part;
}

std::optional<Relation> padded_with_zeros(const Problem& problem, std::int64_t blocks) {
  // Zeros first fill FP8's last group, then form new ones. Neither changes a sum: a group of zeros
  // adds +0, which shows only where all sums before it are -0, and sums start at +0. Without any
  // term there would be a first group, so K = 0 is left out.
  if (depth_of(problem) == 0) return std::nullopt;
  constexpr std::uint32_t kOne = 127;  // the scale
  Problem other = problem;
  for (Operand& operand : other.operands) {
    const std::int64_t share = share_of(problem, operand);
    if (share == 0) continue;
    operand = longer(operand, blocks * kBlock / share, share == kBlock ? kOne : 0);
  }
  return same_result("K padded with " + std::to_string(blocks * kBlock) + " zeros",
                     std::move(other));
}

std::optional<Relation> in_splits(const Problem& problem, std::int64_t splits) {
  Parameters parameters = Parameters::of(problem);
  if (parameters.fp8() || splits == parameters.splits) return std::nullopt;
  parameters.splits = splits;
  Problem other = problem;
  reference::write_scalars(other, parameters);
  return same_result("in " + std::to_string(splits) + " splits", std::move(other));
}

}  // namespace mlacheck::quantized_bmm
