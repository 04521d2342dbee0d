// A kernel whose softmax scale is off, judged by an oracle that knows the right one.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/oracle.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::testing_support {

inline Problem scaled(Problem problem, double factor) {
  for (auto& [name, value] : problem.reals) {
    if (name == "scale") value *= factor;
  }
  return problem;
}

struct Kernel {
  std::string op;
  std::string variant;
  std::string backend = "cpu.w32";
};

/// Elements of `out` past their bounds where the kernel has (1 + scale_error) times the scale of `problem`.
inline std::int64_t outside(const ExpectedTensor& expected, const Problem& problem,
                            const Kernel& kernel, double scale_error) {
  PlacedCall placed(scaled(problem, 1 + scale_error));
  PlainContext context;
  const SubjectTable table = cpu_subjects(kernel.op, kernel.backend);
  const Status status = variant_of(table, kernel.variant).run(placed.call(), context);
  EXPECT_TRUE(status.ok()) << status.message();
  const std::vector<double> got = placed.read(expected.operand);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    count += std::fabs(got[i] - expected.value[i]) > expected.bound[i] ? 1 : 0;
  }
  return count;
}

}  // namespace mlacheck::testing_support
