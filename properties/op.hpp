// What the harness must know of one op to generate, materialise and compare its cases. One
// implementation an op, in properties/<op>.cpp; `const OpModel& <op>_model()` returns it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/problem.hpp"
#include "harness/core/subject.hpp"
#include "properties/random.hpp"

namespace mlacheck {

class OpModel {
 public:
  OpModel() = default;
  OpModel(const OpModel&) = delete;
  OpModel& operator=(const OpModel&) = delete;
  virtual ~OpModel() = default;

  /// Fields of the cases. The all-fallback case must be admissible and cheap.
  virtual const Schema& schema() const = 0;

  /// Draws an admissible case. `tiles` are those of the kernels under test. Cheap cases by far the
  /// most often: a case should cost a CPU run a few milliseconds at most, a rare one up to a
  /// second.
  virtual Case generate(Random& random, const std::vector<Tile>& tiles) const = 0;

  /// Cases that every run executes first: real model shapes and the vectors of the specification.
  virtual std::vector<Case> required_cases() const = 0;

  /// Empty, or why the case is outside the contract. Shrinking asks it for each candidate.
  virtual std::string inadmissible(const Case& c) const = 0;

  /// Operands and scalars. The access rules may depend on the variant (`zero_filled` may write rows
  /// that `empty` must leave alone), contents and layouts must not.
  virtual Problem materialise(const Case& c, std::string_view variant) const = 0;

  /// The same logical case under other strides, gaps and offsets; never equal to `c`.
  virtual Case layout_twin(const Case& c) const = 0;

  /// True if the case's values are special (infinities, NaN, empty rows, large logits): its value
  /// findings are then reported as K7, else as K1.
  virtual bool has_edge_values(const Case& c) const = 0;
};

}  // namespace mlacheck
