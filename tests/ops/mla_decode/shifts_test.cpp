// How far attention moves where logits move together, by moving them.
#include "reference/mla_decode/shifts.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/op/random.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

ArrayXXd drawn(Random& random, Index rows, Index columns) {
  ArrayXXd values(rows, columns);
  for (double& value : values.reshaped()) {
    value = static_cast<double>(random.between(-1000, 1000)) / 500;
  }
  return values;
}

ArrayXd attended(const ArrayXd& logits, const ArrayXXd& values) {
  const ArrayXd weight = (logits - logits.maxCoeff()).exp();
  return (values.matrix().transpose() * weight.matrix()).array() / weight.sum();
}

// Every corner of the shifts stays inside. Where they are small, some corner uses nearly all of it.
void expect_covers(double size, double least_used) {
  Random random(3, 11);
  for (int i = 0; i < 60; ++i) {
    const Index keys = random.between(2, 40);
    const Index count = random.between(1, 5);
    const ArrayXd logits = 2 * drawn(random, keys, 1).col(0);
    const ArrayXXd values = drawn(random, keys, 6);
    const ArrayXXd shifts = size / static_cast<double>(count) * drawn(random, keys, count);
    const ArrayXd bound = moved_by(shifts, logits, values);
    const ArrayXd still = attended(logits, values);
    ArrayXd used = ArrayXd::Zero(6);
    for (int corner = 0; corner < 1 << count; ++corner) {
      ArrayXd moved = logits;
      for (Index n = 0; n < count; ++n) {
        moved += ((corner >> n) % 2 == 0 ? 1 : -1) * shifts.col(n);
      }
      used = used.max((attended(moved, values) - still).abs() / bound);
    }
    ASSERT_LE(used.maxCoeff(), 1);
    ASSERT_GE(used.minCoeff(), least_used);
  }
}

TEST(Shifts, SmallOnesAreCoveredTightly) { expect_covers(1e-6, 0.9); }
TEST(Shifts, LargeOnesAreCovered) { expect_covers(0.06, 0); }

// Logits that all move alike leave the weights alone, and so does a single key.
TEST(Shifts, AConstantMovesNothing) {
  Random random(4, 11);
  const ArrayXXd values = drawn(random, 7, 3);
  const ArrayXXd same = ArrayXXd::Constant(7, 1, 1e-6);
  EXPECT_LT(moved_by(same, drawn(random, 7, 1).col(0), values).maxCoeff(), 1e-10);
  EXPECT_EQ(moved_by(ArrayXXd::Constant(1, 2, 0.1), ArrayXd::Zero(1), values.topRows(1)).maxCoeff(),
            0);
}

}  // namespace
}  // namespace mlacheck::mla_decode
