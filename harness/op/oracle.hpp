// What an oracle answers: for every output element the exact value, and how far a conforming
// subject may be from it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck {

struct ExpectedTensor {
  std::string operand;  ///< name of the output
  /// The mathematically exact result in double, before rounding to the output type; NaN and
  /// infinities where the contract demands them. Where a contract rounds intermediate results, an
  /// oracle may have done so. Logical order. Values at cells that are not live are ignored.
  std::vector<double> value;
  /// Largest allowed |got - value|, output rounding included. 0 means: the bits of `value` rounded
  /// to nearest even, sign of zero included.
  std::vector<double> bound;
  /// Of codes: bits that may be anything, and another code that is right as well. Empty: there is none.
  std::vector<std::uint32_t> free_bits{};
  std::vector<double> other{};
  /// The result without any rounding, for those who compare two ways to compute it. Empty: `value`
  /// is that.
  std::vector<double> unrounded{};

  /// Largest allowed distance of a result from the unrounded one.
  double reach(std::size_t i) const {
    return bound[i] + (unrounded.empty() ? 0 : std::fabs(value[i] - unrounded[i]));
  }

  /// Of an output: exactly 0 everywhere, to be filled in.
  static ExpectedTensor like(const Operand& output) {
    const auto count = static_cast<std::size_t>(output.layout.elements());
    return {output.name, std::vector<double>(count), std::vector<double>(count)};
  }
};

struct Expectation {
  std::vector<ExpectedTensor> outputs;
  /// How the bounds were derived, for the report: "exact", or "probabilistic, lambda = 8.5".
  std::string rule;
  /// Where what one output must hold rests on what a run has written to another: fills it in, by
  /// the bits of all operands of that run, in their order and logical order. Empty: nothing rests
  /// on that.
  std::function<void(const std::vector<std::vector<std::uint32_t>>& written,
                     std::vector<ExpectedTensor>& outputs)>
      settle{};
};

/// What is expected of a run that has written this.
inline std::vector<ExpectedTensor> settled(const Expectation& expectation,
                                           const std::vector<std::vector<std::uint32_t>>& written) {
  std::vector<ExpectedTensor> outputs = expectation.outputs;
  if (expectation.settle) expectation.settle(written, outputs);
  return outputs;
}

/// The reference of one op turned into an oracle. Sees a problem, never a backend.
class Oracle {
 public:
  Oracle() = default;
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  virtual ~Oracle() = default;
  virtual Expectation expect(const Problem& problem) const = 0;
};

}  // namespace mlacheck
