// The state of floating-point arithmetic, and the scope that keeps it.
#include "harness/environment/float_environment.hpp"

#include <gtest/gtest.h>

#include <cfenv>
#include <locale>
#include <stdexcept>

#include "harness/environment/foreign_code.hpp"

namespace mlacheck {
namespace {

class Foreign : public testing::Test {
 protected:
  void SetUp() override {
    set_float_environment(standard_float_environment());
    static_cast<void>(take_changed_environment());
  }
  void TearDown() override { set_float_environment(standard_float_environment()); }
};

using FloatEnvironmentTest = Foreign;

TEST_F(FloatEnvironmentTest, AProgramStartsInTheStandardOne) {
  std::fesetenv(FE_DFL_ENV);
  EXPECT_EQ(float_environment(), standard_float_environment());
  EXPECT_EQ(describe_difference(float_environment()), "");
}

TEST_F(FloatEnvironmentTest, NamesWhatDiffers) {
  std::fesetround(FE_UPWARD);
  EXPECT_EQ(describe_difference(float_environment()), "rounding upward");
  std::fesetround(FE_DOWNWARD);
  EXPECT_EQ(describe_difference(float_environment()), "rounding downward");
  std::fesetround(FE_TOWARDZERO);
  EXPECT_EQ(describe_difference(float_environment()), "rounding toward zero");
}

TEST_F(FloatEnvironmentTest, ReadingChangesNothing) {
  std::fesetround(FE_UPWARD);
  EXPECT_EQ(float_environment(), float_environment());
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
}

TEST_F(FloatEnvironmentTest, FlagsAreNoPartOfIt) {
  std::feraiseexcept(FE_INEXACT | FE_INVALID | FE_DIVBYZERO);
  EXPECT_EQ(float_environment(), standard_float_environment());
  set_float_environment(standard_float_environment());
  EXPECT_NE(std::fetestexcept(FE_INVALID), 0);
  std::feclearexcept(FE_ALL_EXCEPT);
}

TEST_F(FloatEnvironmentTest, IsSetForBothWidths) {
  std::fesetround(FE_UPWARD);
  set_float_environment(standard_float_environment());
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  volatile long double one = 1;
  volatile long double tiny = 1e-30L;
  EXPECT_EQ(one + tiny, 1.0L);
}

#if defined(__x86_64__)
TEST_F(FloatEnvironmentTest, NamesEveryPartOnX86) {
  __builtin_ia32_ldmxcsr(0x1F80U | 0x8000U);
  EXPECT_EQ(describe_difference(float_environment()), "flush-to-zero on");
  __builtin_ia32_ldmxcsr(0x1F80U | 0x0040U);
  EXPECT_EQ(describe_difference(float_environment()), "denormals-are-zero on");
  __builtin_ia32_ldmxcsr(0x1F80U & ~0x0200U);
  EXPECT_EQ(describe_difference(float_environment()), "traps on division by zero");
  __builtin_ia32_ldmxcsr(0x1F80U);
  const unsigned short double_precision = 0x027F;
  __asm__ volatile("fldcw %0" : : "m"(double_precision));
  EXPECT_EQ(describe_difference(float_environment()), "x87 precision 53 bits");
}

// An exception that waits behind the masks must not go off in the harness.
TEST_F(FloatEnvironmentTest, APendingTrapIsDropped) {
  const unsigned short all_trap = 0x0340;
  __asm__ volatile("fnclex\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp" : : "m"(all_trap));
  EXPECT_EQ(describe_difference(float_environment()).rfind("x87 traps on ", 0), 0U);
  set_float_environment(standard_float_environment());
  EXPECT_EQ(float_environment(), standard_float_environment());
  volatile long double two = 2;
  EXPECT_EQ(two / 4, 0.5L);
}
#endif

TEST_F(Foreign, CodeRunsInTheStandardEnvironmentAndLeavesTheOldOne) {
  std::fesetround(FE_DOWNWARD);
  {
    const ForeignCode scope;
    EXPECT_EQ(float_environment(), standard_float_environment());
    std::fesetround(FE_UPWARD);
  }
  EXPECT_EQ(std::fegetround(), FE_DOWNWARD);
  EXPECT_EQ(take_changed_environment(), "rounding upward");
  EXPECT_EQ(take_changed_environment(), "");
}

TEST_F(Foreign, CodeThatPutsItBackHasChangedNothing) {
  {
    const ForeignCode scope;
    std::fesetround(FE_UPWARD);
    std::fesetround(FE_TONEAREST);
  }
  EXPECT_EQ(take_changed_environment(), "");
}

TEST_F(Foreign, CodeThatThrowsIsPutRightToo) {
  const auto call = [] {
    const ForeignCode scope;
    std::fesetround(FE_TOWARDZERO);
    throw std::runtime_error("foreign");
  };
  EXPECT_THROW(call(), std::runtime_error);
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  EXPECT_EQ(take_changed_environment(), "rounding toward zero");
}

TEST_F(Foreign, LocaleIsPutBack) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  {
    const ForeignCode scope;
    std::locale::global(std::locale(std::locale::classic(), new Comma));
  }
  EXPECT_EQ(std::locale(), std::locale::classic());
}

long process_now = 1;
int strays_seen = 0;

TEST_F(Foreign, CodeThatComesBackInAnotherProcessIsSeen) {
  static constexpr ProcessWatch kWatch{[] { return process_now; }, [] { ++strays_seen; },
                                       [] { return std::string(); }};
  set_process_watch(&kWatch);
  {
    const ForeignCode scope;
  }
  EXPECT_EQ(strays_seen, 0);
  {
    const ForeignCode scope;
    process_now = 2;
  }
  set_process_watch(nullptr);
  EXPECT_EQ(strays_seen, 1);
}

}  // namespace
}  // namespace mlacheck
