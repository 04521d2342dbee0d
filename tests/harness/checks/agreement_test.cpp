// What each way of agreeing asks of a subject.
#include <gtest/gtest.h>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/sweep/battery.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

using testing_support::has;
using testing_support::texts;
using Run = Status (*)(const Call&, LaunchContext&);

CaseResult try_subject(Run run, Agreement agreement) {
  static const toy::Model kModel;
  static toy::Doubled oracle;
  oracle.bound = 0.01;
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  subject.agreement = agreement;
  subject.conventions.refuses_overlap = false;
  Subject baseline;
  baseline.variant = "baseline";
  baseline.run = &toy::run;
  const auto backend = make_cpu_backend(32);
  Case c(kModel.schema());
  c.set("n", 5).set("step", 3);
  return run_case({&kModel, &oracle}, c, subject, &baseline, *backend);
}

template <class Factor>
Status scaled(const Call& call, LaunchContext& context, Factor factor) {
  const Tensor x = call.tensor("x");
  const Tensor y = call.tensor("y");
  toy::leave_receipt(context);
  for (std::int64_t i = 0; i < x.shape[0]; ++i) {
    toy::put(y, i, factor(x) * x.as<const float>()[i * x.stride[0]]);
  }
  return {};
}

constexpr float kNearlyTwo = 2.0001F;

Status always_the_same(const Call& call, LaunchContext& context) {
  return scaled(call, context, [](const Tensor&) { return kNearlyTwo; });
}

Status another_in_another_layout(const Call& call, LaunchContext& context) {
  return scaled(call, context,
                [](const Tensor& x) { return x.stride[0] == 3 ? 2.0F : kNearlyTwo; });
}

TEST(Agreement, OnlyBitwiseAsksForTheBaselinesBits) {
  EXPECT_TRUE(has(try_subject(&always_the_same, Agreement::bitwise), Check::agreement));
  for (const Agreement agreement : {Agreement::within_bound, Agreement::self_bitwise}) {
    const CaseResult result = try_subject(&always_the_same, agreement);
    EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
  }
}

TEST(Agreement, SelfBitwiseAsksForItsOwnBits) {
  const CaseResult within = try_subject(&another_in_another_layout, Agreement::within_bound);
  EXPECT_EQ(within.verdict, Verdict::passed) << texts(within);
  const CaseResult self = try_subject(&another_in_another_layout, Agreement::self_bitwise);
  EXPECT_EQ(self.verdict, Verdict::failed);
  EXPECT_TRUE(has(self, Check::layout)) << texts(self);
  EXPECT_FALSE(has(self, Check::agreement)) << texts(self);
}

}  // namespace
}  // namespace mlacheck
