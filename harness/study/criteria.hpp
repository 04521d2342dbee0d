// The acceptance rules that other projects use, as they use them: to measure what each would have
// let through. None of them decides anything here.
//
// With r the reference, y the result, e = y - r. Every rule fails a result that has NaN or an
// infinity where the reference has none, as all of the projects named below do in their current
// tests.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/values/dtype.hpp"

namespace mlacheck {

/// What a rule may look at, for one output tensor.
struct Judged {
  DType dtype = DType::f32;
  std::vector<double> reference;  ///< rounded to dtype
  std::vector<double> result;
  std::vector<double> peer;  ///< another implementation in the same precision
  /// For bounds of the form u sqrt(k+2) |A| |B|: contraction length and product of the Frobenius
  /// norms of the factors. 0: no such product.
  double contraction = 0;
  double factor_norms = 0;
};

struct Criterion {
  std::string_view name;
  std::string_view rule;    ///< with its numbers
  std::string_view source;  ///< who uses it
  /// Nothing where the rule does not apply to the tensor.
  std::optional<bool> (*accepts)(const Judged&);
};

/// Eleven rules; integer tensors are compared exactly by all of them.
const std::vector<Criterion>& criteria();

/// Null for an unknown name.
const Criterion* find_criterion(std::string_view name);

}  // namespace mlacheck
