// Equal logits: softmax does not see where they lie, and neither may the bound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "reference/mla_decode/decode_row.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

constexpr Index kKeys = 29;  // in parts of 4, 8, ... keys and a rest

// One column of values, and one that is the same in all keys.
ArrayXXd keys_of(Index count) {
  ArrayXXd keys(count, 2);
  for (Index j = 0; j < count; ++j) {
    keys(j, 0) = static_cast<double>(static_cast<float>(std::sin(static_cast<double>(j) + 0.5)));
    keys(j, 1) = 1;
  }
  return keys;
}

ArrayXd query_of(double logit) {
  ArrayXd query(2);
  query << 0, logit;
  return query;
}

struct FloatRow {
  float out = 0;
  float lse = 0;
};

// The two stages straight in fp32: normalised parts, combined by their LSEs.
FloatRow in_float(const ArrayXXd& keys, float logit, Index splits) {
  const Index each = (keys.rows() + splits - 1) / splits;
  std::vector<FloatRow> parts;
  for (Index first = 0; first < keys.rows(); first += each) {
    const Index end = std::min(first + each, keys.rows());
    float sum = 0;
    for (Index j = first; j < end; ++j) sum += static_cast<float>(keys(j, 0));
    const auto mass = static_cast<float>(end - first);
    parts.push_back({sum / mass, logit + std::log(mass)});
  }
  float highest = parts.front().lse;
  for (const FloatRow& part : parts) highest = std::max(highest, part.lse);
  float mass = 0;
  float sum = 0;
  for (const FloatRow& part : parts) {
    mass += std::exp(part.lse - highest);
    sum += std::exp(part.lse - highest) * part.out;
  }
  return {sum / mass, highest + std::log(mass)};
}

TEST(EqualLogits, ConformingKernelsStayWithinABoundThatSaysSomething) {
  const ArrayXXd keys = keys_of(kKeys);
  const double mean = keys.col(0).mean();
  for (const float logit : {-200.0F, 500.0F, -5e3F, -6e4F, 1e6F, -1e30F, 3e38F}) {
    for (const std::int64_t splits : {1, 2, 3, 4, 8, 29, 40}) {
      const Row answer = attend(query_of(static_cast<double>(logit)), keys, {1.0, splits, 1});
      const FloatRow got = in_float(keys, logit, splits);
      EXPECT_NEAR(answer.out[0], mean, 1e-14) << logit << " in " << splits;
      EXPECT_NEAR(static_cast<double>(got.out), answer.out[0], answer.out_error[0])
          << logit << " in " << splits;
      EXPECT_NEAR(static_cast<double>(got.lse), answer.lse, answer.lse_error);
      EXPECT_LT(answer.out_error[0], 0.4) << logit << " in " << splits;
    }
  }
}

TEST(EqualLogits, TheBoundOfTheOutputDoesNotGrowWithThem) {
  const ArrayXXd keys = keys_of(kKeys);
  const Row near = attend(query_of(-1), keys, {1.0, 1, 1});
  const Row far = attend(query_of(-1e30), keys, {1.0, 1, 1});
  EXPECT_EQ(near.out_error[0], far.out_error[0]);
  EXPECT_LT(far.out_error[0], 1e-5);
  EXPECT_GT(far.out_error[0], 0);
}

TEST(EqualLogits, MeansOfIntegersAreExact) {
  ArrayXXd keys = keys_of(8);
  for (Index j = 0; j < keys.rows(); ++j) keys(j, 0) = static_cast<double>(j);
  for (const double logit : {-200.25, -6e4, 1e30}) {
    const Row row = attend(query_of(logit), keys, {1.0, 2, 1});
    EXPECT_TRUE(row.exact) << logit;
    EXPECT_EQ(row.out[0], 3.5);
    EXPECT_EQ(row.out_error[0], 0);
    EXPECT_FALSE(attend(query_of(logit), keys, {1.0, 3, 1}).exact) << "parts of 3, 3 and 2";
  }
}

TEST(EqualLogits, OneMoreColumnOrAnotherKeyEndsIt) {
  ArrayXXd keys = keys_of(kKeys);
  const double equal = attend(query_of(-6e4), keys, {1.0, 1, 1}).out_error[0];
  ArrayXd query = query_of(-6e4);
  query[0] = 1;
  EXPECT_GT(attend(query, keys, {1.0, 1, 1}).out_error[0], 100 * equal) << "sums round";
  keys(3, 1) = 1 + 0x1.0p-20;
  EXPECT_GT(attend(query_of(-6e4), keys, {1.0, 1, 1}).out_error[0], 100 * equal);
}

TEST(EqualLogits, AScaleOfZeroMakesAllAlike) {
  const ArrayXXd keys = 1000 * keys_of(4);
  ArrayXd query(2);
  query << 3, 7;
  const Row row = attend(query, keys, {0.0, 1, 1});
  EXPECT_NEAR(row.out[0], keys.col(0).mean(), 1e-10);
  EXPECT_NEAR(row.lse, std::log(4.0), 1e-14);
}

}  // namespace
}  // namespace mlacheck::mla_decode
