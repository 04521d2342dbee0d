// The rules of other projects accept and refuse what their formulas say.
#include "harness/study/criteria.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace mlacheck {
namespace {

Judged thousand(DType dtype = DType::bf16) {
  Judged t;
  t.dtype = dtype;
  for (int i = 0; i < 1000; ++i) t.reference.push_back(1 + 0.001 * i);
  t.result = t.peer = t.reference;
  t.contraction = 64;
  t.factor_norms = 100;
  return t;
}

bool accepts(std::string_view name, const Judged& t) {
  const Criterion* const criterion = find_criterion(name);
  return criterion != nullptr && criterion->accepts(t).value_or(false);
}

TEST(Criteria, AllAcceptTheReferenceItself) {
  ASSERT_EQ(criteria().size(), 11U);
  for (const Criterion& criterion : criteria()) {
    EXPECT_TRUE(accepts(criterion.name, thousand())) << criterion.name;
  }
  EXPECT_EQ(find_criterion("feeling"), nullptr);
}

TEST(Criteria, AllRefuseNanAndWrongInfinity) {
  for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Judged t = thousand();
    for (double& y : t.result) y = wrong;
    for (const Criterion& criterion : criteria()) {
      EXPECT_FALSE(accepts(criterion.name, t)) << criterion.name << " accepts " << wrong;
    }
  }
}

TEST(Criteria, AMatchingInfinityIsNoDifference) {
  Judged t = thousand();
  t.reference[3] = t.result[3] = t.peer[3] = -std::numeric_limits<double>::infinity();
  for (const Criterion& criterion : criteria()) {
    EXPECT_TRUE(accepts(criterion.name, t)) << criterion.name;
  }
}

// The holes that make them weak: each pair is a defect and a rule that lets it through.
TEST(Criteria, HolesAreReproduced) {
  Judged scaled = thousand();
  for (double& y : scaled.result) y *= 2;
  EXPECT_TRUE(accepts("cosine", scaled));
  EXPECT_FALSE(accepts("allclose", scaled));

  Judged forty_zeros = thousand();
  for (std::size_t i = 0; i < 40; ++i) forty_zeros.result[i] = 0;
  EXPECT_TRUE(accepts("allclose-budget", forty_zeros));
  EXPECT_FALSE(accepts("nmse", forty_zeros));

  Judged two_percent = thousand();
  for (double& y : two_percent.result) y *= 1.02;
  EXPECT_TRUE(accepts("nmse", two_percent));
  EXPECT_TRUE(accepts("frobenius", two_percent));
  EXPECT_TRUE(accepts("cutlass", two_percent));
  EXPECT_FALSE(accepts("cos-diff", two_percent));
  EXPECT_FALSE(accepts("flashmla", two_percent));
  EXPECT_FALSE(accepts("flash-2x", two_percent));

  Judged half_percent = thousand();
  for (double& y : half_percent.result) y *= 1.003;
  EXPECT_TRUE(accepts("cos-diff", half_percent));
  EXPECT_TRUE(accepts("maximum", half_percent));
  EXPECT_TRUE(accepts("blaspp", half_percent));
}

TEST(Criteria, BlasppNeedsAProduct) {
  Judged t = thousand();
  t.factor_norms = 0;
  EXPECT_FALSE(find_criterion("blaspp")->accepts(t).has_value());
}

}  // namespace
}  // namespace mlacheck
