// What a subject promises of its arithmetic widens the bounds of attention, by as much as is needed.
#include <gtest/gtest.h>

#include <Eigen/Core>

#include "reference/mla_decode/decode_row.hpp"
#include "tests/support/plain_numbers.hpp"

namespace mlacheck::mla_decode {
namespace {

using testing_support::number;
using testing_support::rounded;

Eigen::ArrayXXd numbers(Eigen::Index rows, Eigen::Index columns, std::uint64_t salt) {
  Eigen::ArrayXXd result(rows, columns);
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    result(i) = number(salt + static_cast<std::uint64_t>(i));
  }
  return result;
}

TEST(Numerics, ARoundedProbabilityNeedsToBePromised) {
  const Eigen::ArrayXd query = numbers(6, 1, 3);
  const Eigen::ArrayXXd keys = numbers(50, 6, 90);
  Arithmetic arithmetic{1.0, 1, 4};
  const Row strict = attend(query, keys, arithmetic);
  arithmetic.numerics.probability_digits = 8;
  const Row modest = attend(query, keys, arithmetic);
  Eigen::ArrayXd weight = (keys.matrix() * query.matrix()).array();
  weight = (weight - weight.maxCoeff()).exp();
  Eigen::ArrayXd got = Eigen::ArrayXd::Zero(4);
  for (Eigen::Index j = 0; j < keys.rows(); ++j) {
    got += rounded(weight[j], 8) * keys.row(j).head(4).transpose();
  }
  got /= weight.sum();
  EXPECT_TRUE(((got - modest.out).abs() <= modest.out_error).all());
  EXPECT_FALSE(((got - strict.out).abs() <= strict.out_error).all());
  EXPECT_EQ(strict.lse_error, modest.lse_error) << "the mass is summed before P is rounded";
}

TEST(Numerics, TheOtherPromisesWidenAttention) {
  const Eigen::ArrayXd query = numbers(6, 1, 3);
  const Eigen::ArrayXXd keys = numbers(50, 6, 90);
  const Row strict = attend(query, keys, {1.0, 3, 4});
  for (const Numerics& numerics :
       {Numerics{.accumulator_digits = 12}, Numerics{.exp_error_ulps = 64},
        Numerics{.truncating_products = true}}) {
    const Row modest = attend(query, keys, {1.0, 3, 4, numerics});
    EXPECT_TRUE((modest.out_error > strict.out_error).all());
    EXPECT_GT(modest.lse_error, strict.lse_error);
    EXPECT_TRUE((modest.out == strict.out).all());
  }
}

}  // namespace
}  // namespace mlacheck::mla_decode
