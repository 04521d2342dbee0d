#include "reference/output_step/oracle.hpp"

#include <memory>
#include <utility>

#include "reference/common/bounds.hpp"
#include "reference/output_step/parameters.hpp"
#include "reference/output_step/steps.hpp"

namespace mlacheck::output_step {
namespace {

Bits stored(const Operand& output, const ExpectedTensor& expected) {
  Bits bits;
  bits.reserve(expected.value.size());
  for (const double value : expected.value) bits.push_back(encode(output.dtype, value));
  return bits;
}

// What one run has written, or would write if it stored each step's exact result.
struct Written {
  Bits values;
  Bits codes;
  Bits scales;

  bool operator==(const Written&) const = default;
};

// All that follows `values`.
std::vector<ExpectedTensor> after_values(const Problem& problem, const Written& written) {
  const Parameters p = Parameters::of(problem);
  if (!p.quantizes()) return {expect_plain(problem, written.values)};
  std::vector<ExpectedTensor> outputs = expect_quantized(problem, written.values, &written.scales);
  outputs.push_back(p.mxfp4() ? expect_mxfp4(problem, written.codes, written.scales)
                              : expect_fp8(problem, written.codes, written.scales));
  return outputs;
}

// Each step of a run is judged by what the run's step before has written.
class Chain {
 public:
  explicit Chain(const Problem& problem) : problem_(problem), values_(expect_values(problem)) {
    const Operands o{problem_};
    exact_.values = stored(o.values(), values_);
    if (Parameters::of(problem_).quantizes()) {
      const auto quantized = expect_quantized(problem_, exact_.values, nullptr);
      exact_.codes = stored(o.codes(), quantized.front());
      exact_.scales = stored(o.scales(), quantized.back());
    }
    after_ = after_values(problem_, exact_);
  }

  std::vector<ExpectedTensor> outputs() const { return with_values(after_); }

  void settle(const std::vector<std::vector<std::uint32_t>>& bits,
              std::vector<ExpectedTensor>& outputs) const {
    Written written;
    written.values = bits.at(problem_.index_of("values"));
    if (Parameters::of(problem_).quantizes()) {
      written.codes = bits.at(problem_.index_of("codes"));
      written.scales = bits.at(problem_.index_of("scales"));
    }
    if (written != exact_) outputs = with_values(after_values(problem_, written));
  }

 private:
  std::vector<ExpectedTensor> with_values(const std::vector<ExpectedTensor>& after) const {
    std::vector<ExpectedTensor> all{values_};
    all.insert(all.end(), after.begin(), after.end());
    return all;
  }

  Problem problem_;
  ExpectedTensor values_;
  Written exact_;
  std::vector<ExpectedTensor> after_;
};

class StepOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const auto chain = std::make_shared<const Chain>(problem);
    Expectation expectation;
    expectation.outputs = chain->outputs();
    expectation.settle = [chain](const std::vector<std::vector<std::uint32_t>>& written,
                                 std::vector<ExpectedTensor>& outputs) {
      chain->settle(written, outputs);
    };
    expectation.rule = "each step by what the step before has written: sums probabilistic, " +
                       reference::lambda_text() + ", codes and scales exact";
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const StepOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::output_step
