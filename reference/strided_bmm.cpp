#include "reference/strided_bmm.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "reference/bounds.hpp"

namespace mlacheck {
namespace {

using Eigen::ArrayXd;
using reference::kAccumulatorRoundoff;
using reference::kLambda;

// Everything that the bounds of one row out[b,n,:] need, one entry for each v.
struct RowSums {
  ArrayXd value;      // sum of the products
  ArrayXd magnitude;  // sum of their magnitudes
  ArrayXd drift;      // sum of |s_l| + |p_l|: what the roundings act on, worst case
  ArrayXd spread;     // sum of s_l^2 + p_l^2: the same for independent roundings
};

RowSums sum_row(const double* x, const Eigen::Ref<const Eigen::ArrayXXd>& w) {
  const Eigen::Index width = w.rows();
  RowSums sums{ArrayXd::Zero(width), ArrayXd::Zero(width), ArrayXd::Zero(width),
               ArrayXd::Zero(width)};
  for (Eigen::Index l = 0; l < w.cols(); ++l) {
    const ArrayXd product = x[l] * w.col(l);
    sums.value += product;
    sums.magnitude += product.abs();
    sums.drift += sums.value.abs() + product.abs();
    sums.spread += sums.value.square() + product.square();
  }
  return sums;
}

bool is_integer(double value) { return std::isfinite(value) && value == std::nearbyint(value); }

// A sum of integers whose magnitudes add up to less than 2^24 is exact in fp32 in any order, and in
// the 25-bit alignment of a tensor core.
bool exact(bool integers, double magnitude) { return integers && magnitude < 0x1.0p24; }

double accumulation_error(BmmAccumulation accumulation, double terms, const RowSums& sums,
                          Eigen::Index v) {
  // Products below the smallest normal number lose up to half a subnormal step each.
  const double underflow = terms * 0x1.0p-149;
  switch (accumulation) {
    case BmmAccumulation::sequential:
      return std::min(kAccumulatorRoundoff * sums.drift[v],
                      kLambda * kAccumulatorRoundoff * std::sqrt(sums.spread[v])) *
                 (1 + 0x1.0p-10) +  // partial sums as the subject has them, not exact ones
             underflow;
    case BmmAccumulation::any_order:
      return reference::dot_bound(terms, sums.magnitude[v]) + underflow;
    case BmmAccumulation::tensor_core: {
      constexpr double kStep = 16;  // products added in one step
      const double steps = std::ceil(terms / kStep);
      return (terms * 0x1.0p-25 + steps * 0x1.0p-23) * sums.magnitude[v] + underflow;
    }
  }
  return 0;
}

const char* rule_of(BmmAccumulation accumulation) {
  switch (accumulation) {
    case BmmAccumulation::sequential:
      return "running error of a sequential fp32 sum, lambda = 8.5; integers exact";
    case BmmAccumulation::any_order:
      return "fp32 sum in any order, lambda = 8.5; integers exact";
    case BmmAccumulation::tensor_core:
      return "linear: sums aligned to 25 bits and truncated, steps of 16; integers exact";
  }
  return "";
}

class StridedBmmOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operand& x = problem.operand("x");
    const Operand& w = problem.operand("w");
    const Operand& out = problem.operand("out");
    const auto accumulation = static_cast<BmmAccumulation>(problem.integer("accumulation"));
    const Eigen::Index rows = x.layout.shape[0];
    const Eigen::Index heads = x.layout.shape[1];
    const Eigen::Index latent = x.layout.shape[2];
    const Eigen::Index width = w.layout.shape[2];
    const std::vector<double> x_values = x.values();
    const std::vector<double> w_values = w.values();
    ExpectedTensor expected;
    expected.operand = "out";
    // Rows past B are dead: their entries are never looked at.
    expected.value.assign(static_cast<std::size_t>(out.layout.elements()), 0.0);
    expected.bound.assign(expected.value.size(), 0.0);
    for (Eigen::Index n = 0; n < heads; ++n) {
      // Column l of the map is w[n,l,:].
      const Eigen::Map<const Eigen::ArrayXXd> matrix(w_values.data() + n * latent * width, width,
                                                     latent);
      const bool w_integers = std::all_of(matrix.data(), matrix.data() + matrix.size(), is_integer);
      for (Eigen::Index b = 0; b < rows; ++b) {
        const double* row = x_values.data() + (b * heads + n) * latent;
        const bool integers = w_integers && std::all_of(row, row + latent, is_integer);
        const RowSums sums = sum_row(row, matrix);
        for (Eigen::Index v = 0; v < width; ++v) {
          const auto at = static_cast<std::size_t>((b * heads + n) * width + v);
          expected.value[at] = sums.value[v];
          if (latent == 0 || exact(integers, sums.magnitude[v])) continue;
          const double inner =
              accumulation_error(accumulation, static_cast<double>(latent), sums, v);
          expected.bound[at] = reference::with_output_rounding(out.dtype, sums.value[v], inner);
        }
      }
    }
    return {{std::move(expected)}, rule_of(accumulation)};
  }
};

}  // namespace

const Oracle& strided_bmm_oracle() {
  static const StridedBmmOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck
