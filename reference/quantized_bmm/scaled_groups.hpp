// Sums over groups of FP8 codes that share a scale: d = sum of code products of a group, from zero;
// acc = acc + d s over the groups in ascending order; then acc times the one scale of the weights.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "reference/common/dot_bound.hpp"

namespace mlacheck::quantized_bmm {

/// A line of activations.
struct ScaledGroups {
  std::vector<double> codes;       ///< decoded
  std::vector<std::size_t> sizes;  ///< codes of each group
  std::vector<double> scales;      ///< fp32 numbers, one a group
  double smallest_normal = 0;      ///< of the codes' format
  /// How far a subject's scales may be off, relative; 0: these are what it has.
  double scale_error = 0;
  std::vector<double> steps;  ///< between the codes that an element may have; for a scale error
};

/// In fp32, before any store. The bound is 0 where the steps determine every bit. `weights` are
/// decoded codes, one for each of the line's.
reference::BoundedValue scaled_sum(const ScaledGroups& line, std::span<const double> weights,
                                   double w_scale, const reference::DotArithmetic& how);

/// The same stored in `output`: a type narrower than fp32 adds one rounding.
reference::BoundedValue stored_scaled(DType output, reference::BoundedValue sum);

}  // namespace mlacheck::quantized_bmm
