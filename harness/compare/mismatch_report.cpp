#include "harness/compare/mismatch_report.hpp"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <set>

namespace mlacheck {
namespace {

constexpr std::size_t kShown = 5;
constexpr std::size_t kPatternSample = 100000;

std::string number(DType dtype, double value, std::uint32_t bits) {
  return fmt::format("{:.9g} [0x{:0{}x}]", value, bits, size_of(dtype) * 2);
}

}  // namespace

void MismatchReport::keep(const Row& row, double ratio) {
  ++failed_;
  if (failed_elements_.size() < kPatternSample) failed_elements_.push_back(row.element);
  if (head_.size() < kShown) {
    head_.push_back(row);
  } else {
    if (tail_.size() == kShown) tail_.erase(tail_.begin());
    tail_.push_back(row);
  }
  if (ratio > worst_ratio_) {
    worst_ratio_ = ratio;
    worst_ = row;
  }
}

void MismatchReport::add(std::size_t element, bool pass, std::uint32_t got, double value,
                         double bound, bool unwritten) {
  ++seen_;
  if (pass) return;
  const double decoded = decode(operand_->dtype, got);
  double ratio = std::numeric_limits<double>::infinity();
  if (std::isfinite(decoded) && std::isfinite(value) && bound > 0) {
    ratio = std::fabs(decoded - value) / bound;
  }
  keep({element, got, encode(operand_->dtype, value), value, bound, unwritten}, ratio);
}

void MismatchReport::add(std::size_t element, bool pass, std::uint32_t second, std::uint32_t first,
                         bool unwritten) {
  ++seen_;
  if (pass) return;
  keep({element, second, first, decode(operand_->dtype, first), 0, unwritten}, 0);
}

std::string MismatchReport::row_text(const Row& row) const {
  const DType dtype = operand_->dtype;
  const std::string place = index_text(operand_->layout.shape, row.element);
  const double got = decode(dtype, row.got);
  const std::string got_text = number(dtype, got, row.got);
  const std::string other_text = number(dtype, row.value, row.other_bits);
  if (!first_.empty() && row.unwritten && both_unwritten_) {
    return fmt::format("  {} never written (still the poison)", place);
  }
  if (!first_.empty()) {
    return fmt::format("  {} {} {} {} {}", place, first_,
                       row.unwritten ? "never written" : other_text, second_, got_text);
  }
  if (row.unwritten) {
    return fmt::format("  {} never written (still the poison), expected {}", place, other_text);
  }
  std::string text = fmt::format("  {} got {} expected {}", place, got_text, other_text);
  if (is_floating(dtype) && std::isfinite(got) && std::isfinite(row.value)) {
    if (row.bound > 0) {
      text += fmt::format(" error/bound {:.9g}", std::fabs(got - row.value) / row.bound);
    }
    if (std::isfinite(decode(dtype, row.other_bits))) {
      text += fmt::format(", {} ulp", ulp_distance(dtype, row.got, row.other_bits));
    }
  }
  return text;
}

std::string MismatchReport::pattern() const {
  if (failed_ == seen_ && seen_ > 1) return "every element";
  if (failed_elements_.size() < 2) return {};
  const std::vector<std::int64_t>& shape = operand_->layout.shape;
  // An axis along which all failures share one index names the row, head or column at fault.
  std::vector<std::set<std::int64_t>> seen(shape.size());
  for (std::size_t element : failed_elements_) {
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      const auto extent = static_cast<std::size_t>(shape[axis]);
      seen[axis].insert(static_cast<std::int64_t>(element % extent));
      element /= extent;
    }
  }
  std::string text;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 2) continue;
    const std::set<std::int64_t>& indices = seen[axis];
    if (static_cast<std::int64_t>(indices.size()) == shape[axis]) continue;
    text += fmt::format("{}axis {} ", text.empty() ? "" : "; ", axis);
    text += indices.size() == 1 ? fmt::format("always {}", *indices.begin())
                                : fmt::format("from {} to {}", *indices.begin(), *indices.rbegin());
  }
  return text;
}

std::string MismatchReport::text() const {
  std::string text =
      fmt::format("{}: {} of {} elements ({:.3g} %) ", operand_->name, failed_, seen_,
                  100.0 * static_cast<double>(failed_) / static_cast<double>(seen_));
  text +=
      first_.empty() ? "miss the oracle" : fmt::format("differ between {} and {}", first_, second_);
  const std::string hint = pattern();
  if (!hint.empty()) text += "\n  pattern: " + hint;
  // Where nothing was written, no element is worse than another.
  if (first_.empty() && failed_ > 1 && !worst_.unwritten) {
    text += "\n  worst:\n" + row_text(worst_) + "\n  mismatches:";
  }
  for (const Row& row : head_) text.append(1, '\n').append(row_text(row));
  if (failed_ > static_cast<std::int64_t>(head_.size() + tail_.size())) text += "\n  ...";
  for (const Row& row : tail_) text.append(1, '\n').append(row_text(row));
  return text;
}

}  // namespace mlacheck
