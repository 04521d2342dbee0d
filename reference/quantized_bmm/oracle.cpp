#include "reference/quantized_bmm/oracle.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>

#include "reference/common/alignment.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/fp8_oracle.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::DotArithmetic;
using reference::granule;
using reference::MxBlock;
using reference::mxfp4_value;
using reference::quantize_mxfp4;
using reference::Row;
using reference::Rows;
using reference::ScaleRule;
using reference::SpecialBlock;

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
    const MxBlock quantized = quantize_mxfp4(block, ScaleRule::even, SpecialBlock::launder);
    for (const std::uint8_t code : quantized.codes) {
      values.push_back(as_float(mxfp4_value(code, quantized.scale)));
    }
  }
  return values;
}

}  // namespace

std::vector<double> activations(const Problem& problem) {
  const Operands o{problem};
  if (Parameters::of(problem).quantizes_to_mxfp4()) return quantized(o.x());
  return dequantized(o.x().bits, o.x_scales().bits);
}

std::vector<double> weights(const Problem& problem) {
  const Operands o{problem};
  return dequantized(o.w().bits, o.w_scales().bits);
}

namespace {

class ProductOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    if (Parameters::of(problem).fp8()) {
      return {{expect_fp8(problem)},
              "groups as the other forms' sums, three roundings a group; as fp32 rounds where all "
              "groups' sums fit the accumulator"};
    }
    const Operand& out = Operands{problem}.out();
    const std::int64_t tokens = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    const std::int64_t columns = out.layout.shape[2];
    ExpectedTensor expected = ExpectedTensor::like(out);
    Expectation expectation;
    expectation.rule = "probabilistic with " + reference::lambda_text() +
                       " capped by gamma_(K-1); exact where all partial "
                       "sums fit the accumulator";
    if (expected.value.empty()) {
      expectation.outputs.push_back(std::move(expected));
      return expectation;
    }
    const DotArithmetic how =
        reference::dot_arithmetic(problem.numerics, reference::Products::exact, reference::kUnitMx);
    const std::vector<double> x = activations(problem);
    const std::vector<double> w = weights(problem);
    const std::int64_t terms = std::ssize(x) / (tokens * heads);
    for (std::int64_t head = 0; head < heads; ++head) {
      // Transposed, so that one k of all columns is one row.
      const Rows weights =
          Eigen::Map<const Rows>(w.data() + head * columns * terms, columns, terms).transpose();
      // A unit without FP4 is given bf16 numbers.
      const reference::Alignment alignment(weights, DType::bf16, how);
      const Rows granules = weights.unaryExpr(&granule);
      for (std::int64_t token = 0; token < tokens; ++token) {
        const std::int64_t line = token * heads + head;
        const Eigen::Map<const Row> activations(x.data() + line * terms, terms);
        reference::RowSums sums(columns);
        for (std::int64_t k = 0; k < terms; ++k) {
          sums.add(activations[k] * weights.row(k), granule(activations[k]) * granules.row(k));
          alignment.add(sums, activations[k], k);
        }
        for (std::int64_t column = 0; column < columns; ++column) {
          const auto at = static_cast<std::size_t>(line * columns + column);
          const auto [value, bound] =
              reference::stored_dot(out.dtype, activations, weights, column, sums[column], how);
          expected.value[at] = value;
          expected.bound[at] = bound;
        }
      }
    }
    expectation.outputs.push_back(std::move(expected));
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const ProductOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::quantized_bmm
