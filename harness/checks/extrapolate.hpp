// Problems too large for memory, known from small ones: shapes and integers that are sums and
// products of two sizes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck {

/// constant + first * m + second * n + product * m * n.
struct Bilinear {
  std::int64_t constant = 0;
  std::int64_t first = 0;
  std::int64_t second = 0;
  std::int64_t product = 0;

  std::int64_t at(std::int64_t m, std::int64_t n) const {
    return constant + first * m + second * n + product * m * n;
  }
};

class Extrapolation {
 public:
  /// Operands without contents, dense in the order of the axes that the small problem has; an axis
  /// that was broadcast stays so.
  Problem at(std::int64_t first, std::int64_t second) const;

 private:
  friend std::optional<Extrapolation> extrapolate(
      const std::function<std::optional<Problem>(std::int64_t, std::int64_t)>& problem_of);

  Problem small_;
  std::vector<std::vector<Bilinear>> shapes_;  // of each operand
  std::vector<Bilinear> integers_;
};

/// From the problems of a few small sizes. Nothing if one of them does not exist, or the problem is
/// not of this form: where a size is rounded up to groups, say.
std::optional<Extrapolation> extrapolate(
    const std::function<std::optional<Problem>(std::int64_t, std::int64_t)>& problem_of);

}  // namespace mlacheck
