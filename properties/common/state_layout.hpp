// Layout fields of attention-state operands: values [T, N, D] and LSEs [N, T].
//
// Each tensor of a case has four fields of its own, so that no two need the same strides:
//   <tensor>.swapped     0: values are token-major, LSEs head-major; 1: the other way round
//   <tensor>.inner_gap   elements after each row of D (values) or each number (LSEs)
//   <tensor>.outer_gap   elements after each block of the outer axis
//   <tensor>.offset      elements in front
#pragma once

#include <string>

#include "harness/case/case.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/random.hpp"

namespace mlacheck {

struct StateLayout {
  bool swapped = false;
  std::int64_t inner_gap = 0;
  std::int64_t outer_gap = 0;
  std::int64_t offset = 0;
};

inline constexpr std::int64_t kMaxStateGap = 4096;

void add_layout_fields(Schema& schema, const std::string& tensor);
StateLayout layout_of(const Case& c, const std::string& tensor);
void set_layout(Case& c, const std::string& tensor, const StateLayout& layout);

/// Dense, or any mixture of the four.
StateLayout draw_state_layout(Random& random);

/// Differs in every field: aligned where the original is not.
StateLayout twin_of(const StateLayout& layout);

Layout value_layout(const StateLayout& layout, std::int64_t tokens, std::int64_t heads,
                    std::int64_t width);
Layout lse_layout(const StateLayout& layout, std::int64_t tokens, std::int64_t heads);

}  // namespace mlacheck
