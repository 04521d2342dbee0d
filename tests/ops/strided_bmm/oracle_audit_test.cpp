// K18 for strided_bmm: see oracle_audit.hpp.
#include "tests/support/oracle_audit.hpp"

#include "properties/strided_bmm/model.hpp"
#include "reference/strided_bmm/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

// --- strided_bmm: out[b,n,v] = sum over l of x[b,n,l] w[n,l,v]

template <class Real>
Real dot(const std::vector<double>& x, const std::vector<double>& w, std::int64_t x_first,
         std::int64_t w_first, std::int64_t w_stride, std::int64_t terms) {
  Real sum = 0;
  for (std::int64_t l = 0; l < terms; ++l) {
    sum += static_cast<Real>(x[at(x_first + l)]) * static_cast<Real>(w[at(w_first + l * w_stride)]);
  }
  return sum;
}

TEST(OracleAudit, StridedBmm) {
  audit(strided_bmm::model(), strided_bmm::oracle(), "strided",
        {{"T", 16}, {"V", 16}, {"latent", 16}}, [](const Problem& problem) -> Reference {
          const std::vector<double> x = problem.operand("x").values();
          const std::vector<double> w = problem.operand("w").values();
          const std::int64_t heads = problem.operand("x").layout.shape[1];
          const std::int64_t terms = problem.operand("x").layout.shape[2];
          const std::int64_t columns = problem.operand("w").layout.shape[2];
          return [=](const Problem&, const Operand& out, std::int64_t index) {
            const std::int64_t row = index / columns;
            const std::int64_t x_first = row * terms;
            const std::int64_t w_first = row % heads * terms * columns + index % columns;
            Answer answer;
            answer.exact = dot<Quad>(x, w, x_first, w_first, columns, terms);
            answer.in_float = dot<float>(x, w, x_first, w_first, columns, terms);
            double magnitude = 0;
            for (std::int64_t l = 0; l < terms; ++l) {
              magnitude += std::fabs(x[at(x_first + l)] * w[at(w_first + l * columns)]);
            }
            const auto count = static_cast<double>(terms);
            const auto value = static_cast<double>(answer.exact);
            answer.slack = 0x1.0p-52 * (count + 1) * magnitude + 1e-320;
            answer.ceiling = with_store(out.dtype, value, 1.01 * count * (kU * magnitude + kTiny));
            answer.bitwise = terms == 0;
            return answer;
          };
        });
}

}  // namespace
}  // namespace mlacheck::oracle_audit
