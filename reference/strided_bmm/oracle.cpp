#include "reference/strided_bmm/oracle.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/common/bounds.hpp"

namespace mlacheck {
namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using Rows = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Of one output element with products p_l.
struct Sums {
  double value;      // sum p
  double magnitude;  // sum |p|
  double square;     // sum p^2
};

// Accumulation to nearest with unit roundoff u, in an order that does not depend on the data. Every
// product and every addition is rounded; with s_k for the partial sums the error is a sum of
// independent terms of at most u |p_l| and u |s_k|, so it stays below
//
//   lambda u sqrt(sum p^2 + sum s_k^2)
//
// (Azuma and Hoeffding; see reference/common/bounds.hpp). A partial sum of a share f of
// exchangeable products has mean f s and variance at most f (1 - f) sum p^2, so the mean of s_k^2
// over an accumulation stays below s^2 + sum p^2 with more room (a factor of 6 in the mean of the
// second part) than its fluctuation takes. This is sharper than lambda u sqrt(L) sum |p| by the
// factor sqrt(L) wherever products cancel. The worst case gamma_L sum |p| (Higham, Accuracy and
// Stability, 2nd ed., section 3.1) caps it.
double nearest_bound(double terms, double u, const Sums& s) {
  const double nu = terms * u;
  const double worst =
      nu < 1 ? nu / (1 - nu) * s.magnitude : std::numeric_limits<double>::infinity();
  const double variance = (terms + 1) * s.square + terms * s.value * s.value;
  return std::min(worst, reference::kLambda * u * std::sqrt(variance));
}

// Matrix units of NVIDIA's compute capability 9.0 and newer for 16-bit inputs (Fasi, Higham,
// Mikaitis and Pranesh, PeerJ CS e330, 2021; MMA-Sim, arXiv 2511.10909): 16 exact products and the
// accumulator c are aligned to the largest of them, each is truncated to 25 fraction bits, and the
// sum is truncated to fp32. A step errs by at most
//
//   16 * 2^-25 * max(|c|, |p|) + 2^-23 |c'|.
//
// Truncation is biased, so steps add up linearly. `c` below bounds the mean of the partial sums:
// |s| + 3 sqrt(sum p^2), where the factor 3 exceeds sqrt of the integral of a squared Brownian
// bridge with probability e^-44; it also bounds every |p|.
double truncating_bound(double terms, const Sums& s) {
  constexpr double kStepProducts = 16;
  const double steps = std::ceil(terms / kStepProducts);
  const double c = std::min(s.magnitude, std::fabs(s.value) + 3 * std::sqrt(s.square));
  return steps * c * (kStepProducts * 0x1.0p-25 + 0x1.0p-23);
}

// Products that are all -0 add up to -0 if the sum starts with the first of them and to +0 if it
// starts at +0. Kernels do either (cuBLAS does the former where L = 1), so such an element may have
// either sign: its value is one that no output type can tell from zero, and its bound is as large.
constexpr double kEitherZero = std::numeric_limits<double>::denorm_min();

class StridedBmmOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operand& x = problem.operand("x");
    const Operand& w = problem.operand("w");
    const Operand& out = problem.operand("out");
    // fp32 operands do not go through the matrix units.
    const bool truncating = problem.numerics.truncating_products && x.dtype != DType::f32;
    const double u = reference::accumulator_roundoff(problem.numerics);
    const std::int64_t rows = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    const std::int64_t columns = out.layout.shape[2];
    const std::int64_t latent = x.layout.shape[2];
    const std::vector<double> x_values = x.values();
    const std::vector<double> w_values = w.values();

    ExpectedTensor expected;
    expected.operand = out.name;
    expected.value.resize(static_cast<std::size_t>(out.layout.elements()));
    expected.bound.resize(expected.value.size());
    for (std::int64_t head = 0; head < heads; ++head) {
      const Eigen::Map<const Rows> weights(w_values.data() + head * latent * columns, latent,
                                           columns);
      const Row integral_column = (weights == weights.round()).colwise().all().cast<double>();
      for (std::int64_t row = 0; row < rows; ++row) {
        const Eigen::Map<const Row> latents(x_values.data() + (row * heads + head) * latent,
                                            latent);
        const bool integral_row = (latents == latents.round()).all();
        Row value = Row::Zero(columns);
        Row magnitude = Row::Zero(columns);
        Row square = Row::Zero(columns);
        Row product(columns);
        for (std::int64_t l = 0; l < latent; ++l) {
          product = latents[l] * weights.row(l);
          value += product;
          magnitude += product.abs();
          square += product.square();
        }
        for (std::int64_t column = 0; column < columns; ++column) {
          const auto at = static_cast<std::size_t>((row * heads + head) * columns + column);
          const Sums sums{value[column], magnitude[column], square[column]};
          const bool integral = integral_row && integral_column[column] != 0;
          expected.value[at] = sums.value == 0 ? 0.0 : sums.value;
          expected.bound[at] =
              bound(out.dtype, static_cast<double>(latent), sums, {u, integral, truncating});
          if (latent > 0 && sums.magnitude == 0 && all_negative(latents, weights.col(column))) {
            expected.value[at] = expected.bound[at] = kEitherZero;
          }
        }
      }
    }
    Expectation expectation;
    expectation.outputs.push_back(std::move(expected));
    expectation.rule = std::string(truncating ? "linear in truncating steps of 16, or " : "") +
                       "probabilistic with " + reference::lambda_text() +
                       " capped by gamma_L; exact for integers and zeros";
    return expectation;
  }

 private:
  template <class Column>
  static bool all_negative(const Eigen::Map<const Row>& latents, const Column& weights) {
    for (Eigen::Index l = 0; l < latents.size(); ++l) {
      if (!std::signbit(latents[l] * weights[l])) return false;
    }
    return true;
  }

  struct Arithmetic {
    double u;       // unit roundoff of the accumulator
    bool integral;  // integers only
    bool truncating;
  };

  static double bound(DType output, double terms, const Sums& sums, const Arithmetic& how) {
    if (!std::isfinite(sums.value) || sums.magnitude == 0) return 0;
    // Integers below 2^digits in sum add up exactly, in every order, in matrix units as well.
    if (how.integral && sums.magnitude * how.u < 1) return 0;
    double inner = nearest_bound(terms, how.u, sums);
    // The library chooses: some of its kernels for small problems do not use the matrix units.
    if (how.truncating) inner = std::max(inner, truncating_bound(terms, sums));
    // Products below the normal range of fp32; truncation errs by twice as much as rounding.
    inner += terms * underflow_error(DType::f32) * (how.truncating ? 2 : 1);
    if (output == DType::f32 && how.u <= reference::kFloatRoundoff)
      return inner;  // the accumulator is stored as it is
    return reference::with_output_rounding(output, sums.value, inner);
  }
};

}  // namespace

const Oracle& strided_bmm_oracle() {
  static const StridedBmmOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck
