#include "reference/strided_bmm/oracle.hpp"

#include <Eigen/Core>

#include "reference/common/alignment.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/operand_error.hpp"

namespace mlacheck::strided_bmm {
namespace {

using reference::Row;
using reference::Rows;

class ProductOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operand& x = problem.operand("x");
    const Operand& w = problem.operand("w");
    const Operand& out = problem.operand("out");
    Numerics numerics = reference::resolved(problem.numerics, x.dtype);
    const bool cuts = x.dtype == DType::f32 && reference::cuts_operands(numerics);
    // fp32 operands go through the matrix units as TF32 only.
    numerics.truncating_products = numerics.truncating_products && (x.dtype != DType::f32 || cuts);
    const reference::DotArithmetic how = reference::dot_arithmetic(
        numerics, reference::Products::rounded, cuts ? reference::kUnitTf32 : reference::kUnit16);
    const std::int64_t rows = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    const std::int64_t columns = out.layout.shape[2];
    const std::int64_t latent = x.layout.shape[2];
    const std::vector<double> x_values = x.values();
    const std::vector<double> w_values = w.values();

    ExpectedTensor expected = ExpectedTensor::like(out);
    for (std::int64_t head = 0; head < heads; ++head) {
      const Eigen::Map<const Rows> weights(w_values.data() + head * latent * columns, latent,
                                           columns);
      const Rows weight_errors =
          cuts ? Rows(reference::operand_errors(weights, numerics)) : Rows(0, 0);
      const reference::Alignment alignment(weights, w.dtype, how);
      const Row integral_column = (weights == weights.round()).colwise().all().cast<double>();
      for (std::int64_t row = 0; row < rows; ++row) {
        const Eigen::Map<const Row> latents(x_values.data() + (row * heads + head) * latent,
                                            latent);
        const bool integral_row = (latents == latents.round()).all();
        reference::RowSums row_sums(columns);
        for (std::int64_t l = 0; l < latent; ++l) {
          row_sums.add(latents[l] * weights.row(l));
          alignment.add(row_sums, latents[l], l);
          if (!cuts) continue;
          const double lost = reference::operand_error(latents[l], numerics.operand_digits);
          row_sums.add_input((std::fabs(latents[l]) + lost) * weight_errors.row(l) +
                             lost * weights.row(l).abs());
        }
        for (std::int64_t column = 0; column < columns; ++column) {
          reference::Sums sums = row_sums[column];
          sums.granule = integral_row && integral_column[column] != 0 ? 1 : 0;
          const auto at = static_cast<std::size_t>((row * heads + head) * columns + column);
          const auto [value, bound] =
              reference::stored_dot(out.dtype, latents, weights, column, sums, how);
          expected.value[at] = value;
          expected.bound[at] = bound;
        }
      }
    }
    Expectation expectation;
    expectation.outputs.push_back(std::move(expected));
    expectation.rule =
        std::string(numerics.truncating_products ? "linear in truncating steps of 16, or " : "") +
        "probabilistic with " + reference::lambda_text() +
        " capped by gamma_L; exact for integers and zeros";
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const ProductOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::strided_bmm
