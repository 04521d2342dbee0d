#include "reference/negate/oracle.hpp"

namespace mlacheck::negate {
namespace {

class SignOracle final : public Oracle {
 public:
  // The sign of a number is exact in every format, so that the bound is 0.
  Expectation expect(const Problem& problem) const override {
    ExpectedTensor out = ExpectedTensor::like(problem.operand("out"));
    out.value = problem.operand("x").values();
    for (double& value : out.value) value = -value;
    return {{std::move(out)}, "exact"};
  }
};

}  // namespace

const Oracle& oracle() {
  static const SignOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::negate
