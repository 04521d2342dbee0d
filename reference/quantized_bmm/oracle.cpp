#include "reference/quantized_bmm/oracle.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>

#include "reference/common/bounds.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/fp8_oracle.hpp"

namespace mlacheck {
namespace reference {
namespace {

constexpr std::size_t kBlock = 32;

// Operands are fp32 numbers in every implementation that has no FP4 unit, and 16-bit ones overflow
// at the same exponent. Nothing else is lost: 2 bits times a power of two of at least 2^-128.
double as_float(double value) { return static_cast<double>(static_cast<float>(value)); }

std::vector<double> dequantized(const std::vector<std::uint32_t>& pairs,
                                const std::vector<std::uint32_t>& scales) {
  std::vector<double> values;
  values.reserve(2 * pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto scale = static_cast<std::uint8_t>(scales[2 * i / kBlock]);
    for (const std::uint32_t code : {pairs[i] % 16, pairs[i] / 16}) {
      values.push_back(as_float(mxfp4_value(static_cast<std::uint8_t>(code), scale)));
    }
  }
  return values;
}

std::vector<double> quantized(const Operand& x) {
  std::vector<double> values;
  values.reserve(x.bits.size());
  std::array<float, kBlock> block{};
  for (std::size_t first = 0; first < x.bits.size(); first += kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      block[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
    }
    const MxBlock quantised = quantize_mxfp4(block, ScaleRule::even, SpecialBlock::launder);
    for (const std::uint8_t code : quantised.codes) {
      values.push_back(as_float(mxfp4_value(code, quantised.scale)));
    }
  }
  return values;
}

}  // namespace

std::vector<double> quantized_bmm_activations(const Problem& problem) {
  const Operand& x = problem.operand("x");
  if (problem.integer("form") == 0) return quantized(x);
  return dequantized(x.bits, problem.operand("x_scales").bits);
}

std::vector<double> quantized_bmm_weights(const Problem& problem) {
  return dequantized(problem.operand("w").bits, problem.operand("w_scales").bits);
}

}  // namespace reference

namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using Rows = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The power of two of which an operand is an odd multiple; infinite for zero, which is a multiple
// of all. A product's is the product of both.
double granule(double value) {
  if (value == 0 || !std::isfinite(value)) return std::numeric_limits<double>::infinity();
  constexpr int kDigits = 4;  // more than E2M1 times a power of two has, and than E4M3
  int exponent = 0;
  auto significand = static_cast<int>(std::ldexp(std::frexp(value, &exponent), kDigits));
  exponent -= kDigits;
  for (; significand % 2 == 0; significand /= 2) ++exponent;
  return std::ldexp(1.0, exponent);
}

// Of one output element with products p_k.
struct Sums {
  double value;      // sum p
  double magnitude;  // sum |p|
  double square;     // sum p^2
  double granule;    // the largest power of two that divides all p
};

struct Arithmetic {
  double u;  // unit roundoff of the accumulator
  bool truncating;
};

// Products of four and of two significant bits are exact, additions are rounded to nearest in an
// order that does not depend on the data, with splits or without. The worst case is gamma_(K-1) sum
// |p| (Higham, Accuracy and Stability, 2nd ed., section 3.1). The probabilistic form is that of
// strided_bmm without the rounding of products: partial sums of exchangeable products have mean
// square below s^2 + sum p^2.
double nearest_bound(double terms, double u, const Sums& s) {
  const double nu = std::max(terms - 1, 0.0) * u;
  const double worst =
      nu < 1 ? nu / (1 - nu) * s.magnitude : std::numeric_limits<double>::infinity();
  return std::min(worst,
                  reference::kLambda * u * std::sqrt(terms * (s.square + s.value * s.value)));
}

// Matrix units of 16 exact products a step, aligned with the accumulator to the largest of the 17
// at 25 fraction bits, cut, added and cut to fp32 (Fasi, Higham, Mikaitis and Pranesh, PeerJ CS
// e330, 2021; MMA-Sim, arXiv 2511.10909). All cuts are toward zero, so |c| stays below sum |p|.
double truncating_bound(double terms, const Sums& s) {
  const double steps = std::ceil(terms / 16);
  return s.magnitude * steps * (17 * 0x1.0p-25 + 0x1.0p-23);
}

// The bound is 0 where every partial sum, in any order, is a multiple of the granule that the
// accumulator's digits hold: then nothing is rounded or cut before the store.
bool certified(const Sums& s, double u) {
  return s.magnitude * u <= s.granule && s.granule >= 0x1.0p-149 && s.magnitude < 0x1.0p127;
}

double bound(DType output, double terms, const Sums& s, const Arithmetic& how) {
  if (!std::isfinite(s.value) || s.magnitude == 0 || certified(s, how.u)) return 0;
  double inner = nearest_bound(terms, how.u, s);
  if (how.truncating) inner = std::max(inner, truncating_bound(terms, s));
  // Products and cuts below the normal range of fp32.
  inner += terms * underflow_error(DType::f32) * (how.truncating ? 2 : 1);
  if (output == DType::f32 && how.u <= reference::kFloatRoundoff) return inner;
  return reference::with_output_rounding(output, s.value, inner);
}

// Products that are all -0 add up to -0 or, from an accumulator that starts at +0, to +0.
constexpr double kEitherZero = std::numeric_limits<double>::denorm_min();

class QuantizedBmmOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    if (problem.integer("form") == 2) {
      return {{reference::expect_fp8_bmm(problem)},
              "groups as the other forms' sums, three roundings a group; as fp32 rounds where all "
              "groups' sums fit the accumulator"};
    }
    const Operand& out = problem.operand("out");
    const std::int64_t tokens = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    const std::int64_t columns = out.layout.shape[2];
    ExpectedTensor expected;
    expected.operand = out.name;
    expected.value.resize(static_cast<std::size_t>(out.layout.elements()));
    expected.bound.resize(expected.value.size());
    Expectation expectation;
    expectation.rule = "probabilistic with " + reference::lambda_text() +
                       " capped by gamma_(K-1); exact where all partial "
                       "sums fit the accumulator";
    if (expected.value.empty()) {
      expectation.outputs.push_back(std::move(expected));
      return expectation;
    }
    const Arithmetic how{reference::accumulator_roundoff(problem.numerics),
                         problem.numerics.truncating_products};
    const std::vector<double> x = reference::quantized_bmm_activations(problem);
    const std::vector<double> w = reference::quantized_bmm_weights(problem);
    const std::int64_t terms = std::ssize(x) / (tokens * heads);
    for (std::int64_t head = 0; head < heads; ++head) {
      // Transposed, so that one k of all columns is one row.
      const Rows weights =
          Eigen::Map<const Rows>(w.data() + head * columns * terms, columns, terms).transpose();
      const Rows granules = weights.unaryExpr(&granule);
      for (std::int64_t token = 0; token < tokens; ++token) {
        const std::int64_t line = token * heads + head;
        const Eigen::Map<const Row> activations(x.data() + line * terms, terms);
        Row value = Row::Zero(columns);
        Row magnitude = Row::Zero(columns);
        Row square = Row::Zero(columns);
        Row finest = Row::Constant(columns, std::numeric_limits<double>::infinity());
        Row product(columns);
        for (std::int64_t k = 0; k < terms; ++k) {
          product = activations[k] * weights.row(k);
          value += product;
          magnitude += product.abs();
          square += product.square();
          finest = finest.min(granule(activations[k]) * granules.row(k));
        }
        for (std::int64_t column = 0; column < columns; ++column) {
          const auto at = static_cast<std::size_t>(line * columns + column);
          const Sums sums{value[column], magnitude[column], square[column], finest[column]};
          expected.value[at] = sums.value == 0 ? 0.0 : sums.value;
          expected.bound[at] = bound(out.dtype, static_cast<double>(terms), sums, how);
          if (terms > 0 && sums.magnitude == 0 && all_negative(activations, weights.col(column))) {
            expected.value[at] = expected.bound[at] = kEitherZero;
          }
        }
      }
    }
    expectation.outputs.push_back(std::move(expected));
    return expectation;
  }

 private:
  template <class Column>
  static bool all_negative(const Eigen::Map<const Row>& activations, const Column& weights) {
    for (Eigen::Index k = 0; k < activations.size(); ++k) {
      if (!std::signbit(activations[k] * weights[k])) return false;
    }
    return true;
  }
};

}  // namespace

const Oracle& quantized_bmm_oracle() {
  static const QuantizedBmmOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck
