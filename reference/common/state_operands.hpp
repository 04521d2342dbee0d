// Reading and writing attention states of a problem, one (token, head) at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "harness/op/oracle.hpp"
#include "reference/common/merge_step.hpp"

namespace mlacheck::reference {

/// The exact contents of a pair of operands: values [T, H, V] and LSE [H, T].
class StateOperand {
 public:
  StateOperand(const Operand& out, const Operand& lse)
      : values_(out.values()),
        lse_(lse.values()),
        tokens_(out.layout.shape[0]),
        heads_(out.layout.shape[1]),
        width_(out.layout.shape[2]) {}

  std::int64_t tokens() const { return tokens_; }
  std::int64_t heads() const { return heads_; }

  double lse(std::int64_t token, std::int64_t head) const {
    return lse_[static_cast<std::size_t>(head * tokens_ + token)];
  }

  Eigen::ArrayXd row(std::int64_t token, std::int64_t head) const {
    return Eigen::Map<const Eigen::ArrayXd>(values_.data() + (token * heads_ + head) * width_,
                                            width_);
  }

  ValueRow exact_row(std::int64_t token, std::int64_t head) const {
    return {row(token, head), Eigen::ArrayXd::Zero(width_)};
  }

 private:
  std::vector<double> values_;
  std::vector<double> lse_;
  std::int64_t tokens_;
  std::int64_t heads_;
  std::int64_t width_;
};

/// Stores `row` as the values of one (token, head) of a [T, H, V] output.
inline void store_row(ExpectedTensor& out, std::int64_t row_index, const ValueRow& row) {
  const auto first = static_cast<std::ptrdiff_t>(row_index * row.value.size());
  std::copy(row.value.begin(), row.value.end(), out.value.begin() + first);
  std::copy(row.bound.begin(), row.bound.end(), out.bound.begin() + first);
}

}  // namespace mlacheck::reference
