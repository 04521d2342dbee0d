// The cost that an op's contract promises, for tests of its numbers at the sizes of real models.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/subjects/ops.hpp"
#include "reference/common/arguments.hpp"

namespace mlacheck::testing_support {

inline Operand shaped(const char* name, DType dtype, std::vector<std::int64_t> shape) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.layout = Layout::dense(std::move(shape));
  return operand;
}

// Formulas look at sizes only, so operands need no contents.
template <class Parameters>
Problem problem_of(std::vector<Operand> operands, const Parameters& parameters) {
  Problem problem;
  problem.operands = std::move(operands);
  reference::write_scalars(problem, parameters);
  return problem;
}

inline Cost cost_of(const std::string& op, const char* variant, const Problem& problem) {
  const OpModel& model = *find_op(op)->model;
  const std::optional<Cost> cost = model.cost(Case(model.schema()), problem, variant);
  EXPECT_TRUE(cost.has_value()) << op << " " << variant;
  return cost.value_or(Cost{});
}

}  // namespace mlacheck::testing_support
