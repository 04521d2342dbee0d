#include "harness/op/argument_checks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace mlacheck {
namespace {

TEST(ArgumentChecker, PutsNothingIntoWordsWhileEverythingHolds) {
  int asked = 0;
  const auto words = [&] {
    ++asked;
    return std::string("words");
  };
  ArgumentChecker check;
  check.require("a", true, words, words).require("b", true, 1, words);
  EXPECT_EQ(asked, 0);
  check.require("c", false, 7, words);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(check.status().message(), "argument c: 7 where words");
  // The first failure wins, and later ones cost nothing either.
  check.require("d", false, words, words);
  EXPECT_EQ(asked, 1);
}

// No element is reached along such an axis, and frameworks disagree on what its stride is.
TEST(ArgumentChecker, UnitStrideMeansNothingWhereNothingIsReached) {
  const auto refused = [](std::array<std::int64_t, 3> shape, std::int64_t stride) {
    Tensor tensor = dense_tensor(nullptr, DType::f32, shape);
    tensor.stride[1] = stride;
    ArgumentChecker check;
    return !check.unit_stride("x", tensor, 1).ok();
  };
  for (const std::int64_t stride : {std::int64_t{0}, std::int64_t{2}, std::int64_t{1} << 40}) {
    EXPECT_FALSE(refused({3, 1, 2}, stride)) << stride;
    EXPECT_FALSE(refused({0, 4, 2}, stride)) << stride;
    EXPECT_TRUE(refused({3, 4, 2}, stride)) << stride;
  }
}

TEST(ArgumentChecker, NamesArgumentValueAndExpectation) {
  const auto message = [](const auto& spoil) {
    ArgumentChecker check;
    spoil(check);
    return check.status().message();
  };
  const Tensor tensor = dense_tensor(nullptr, DType::bf16, {2, 3});
  using Checker = ArgumentChecker;
  EXPECT_EQ(message([](Checker& c) { c.integer_at_least("n", -3, 1); }),
            "argument n: -3 where at least 1 is needed");
  EXPECT_EQ(message([](Checker& c) { c.integer_within("n", 9, 0, 8); }),
            "argument n: 9 where a value in 0..8 is needed");
  EXPECT_EQ(message([&](Checker& c) { c.shape("t", tensor, {2, -1, 4}); }),
            "argument t: bf16[2,3] stride (3,1) where shape [2,any,4] is needed");
  EXPECT_EQ(message([&](Checker& c) { c.dtype("t", tensor, {DType::f32, DType::f16}); }),
            "argument t: bf16[2,3] stride (3,1) where the element type must be one of f32 f16");
  EXPECT_EQ(message([&](Checker& c) { c.non_null("t", tensor); }),
            "argument t: null pointer with bf16[2,3] stride (3,1) where memory is needed");
}

TEST(ArgumentChecker, ARealMustBeANumberInFp32) {
  const auto accepted = [](double value) {
    return ArgumentChecker().real_in_float("r", value).ok();
  };
  for (const double value : {0.0, 1.0, -1.0, 0x1p-126, 0x1.fffffep-127, 0x1.fffffefp127}) {
    EXPECT_TRUE(accepted(value)) << value;
    EXPECT_TRUE(accepted(-value)) << value;
  }
  for (const double value :
       {0x1.fffffdfffffffp-127, 1e-60, 0x1.ffffffp127, 1e39,
        std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(accepted(value)) << value;
    EXPECT_FALSE(accepted(-value)) << value;
  }
}

TEST(ArgumentChecker, SelfOverlapDoesNotHangOnTheOrderOfAxes) {
  const auto overlaps = [](const Tensor& tensor) {
    return !ArgumentChecker().no_self_overlap("t", tensor).ok();
  };
  Tensor tensor = dense_tensor(nullptr, DType::f32, {2, 3, 4, 5, 6});
  EXPECT_FALSE(overlaps(tensor));
  std::swap(tensor.shape[0], tensor.shape[4]);
  std::swap(tensor.stride[0], tensor.stride[4]);
  EXPECT_FALSE(overlaps(tensor));
  tensor.stride[2] -= 1;
  EXPECT_TRUE(overlaps(tensor));
  tensor.shape[2] = 1;
  EXPECT_FALSE(overlaps(tensor));
}

TEST(DenseBytes, AreExactOrNothing) {
  constexpr std::int64_t kOne = 1;
  const auto bytes = [](DType dtype, std::vector<std::int64_t> shape) {
    return dense_bytes(dtype, shape);
  };
  EXPECT_EQ(bytes(DType::bf16, {3, 5}), 30);
  EXPECT_EQ(bytes(DType::f32, {}), 4);
  EXPECT_EQ(bytes(DType::f32, {kOne << 62, 0, kOne << 62}), 0);
  EXPECT_EQ(bytes(DType::u8, {std::numeric_limits<std::int64_t>::max()}),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(bytes(DType::f32, {(kOne << 61) - 1}), std::numeric_limits<std::int64_t>::max() - 3);
  EXPECT_EQ(bytes(DType::f32, {kOne << 61}), std::nullopt);
  EXPECT_EQ(bytes(DType::f32, {(kOne << 62) - 1, 4}), std::nullopt);
  EXPECT_EQ(bytes(DType::u8, {kOne << 32, kOne << 31}), std::nullopt);
  // The number of elements of an empty tensor is 0 as well.
  EXPECT_EQ(dense_tensor(nullptr, DType::f32, {kOne << 40, kOne << 40, 0}).elements(), 0);
}

}  // namespace
}  // namespace mlacheck
