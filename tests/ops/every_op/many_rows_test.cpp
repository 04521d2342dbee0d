// The bundled variants among many rows: the check must carry them out, and must find nothing in
// them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/sweep/battery.hpp"
#include "tests/support/every_op.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

class ManyRows : public testing::TestWithParam<const OpModel*> {};

TEST_P(ManyRows, AreRightInAllVariantsAndLeftOutInNone) {
  if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow is kept of every address";
  const std::string op = GetParam()->schema().op;
  const auto backend = make_cpu_backend(32);
  BatteryOptions options{.thorough = true};
  options.only_unit = "many rows";
  for (const Subject& subject : wrapped::table_of(op).subjects) {
    constexpr int kEnough = 2;
    int carried_out = 0;
    for (const Case& c : wrapped::drawn_cases(op, 60)) {
      if (carried_out == kEnough) break;
      const CaseResult result = run_case(*find_op(op), c, subject, nullptr, *backend, options);
      for (const Finding& finding : result.evidence.findings) {
        ADD_FAILURE() << subject.variant << " " << c.line() << ": " << finding.text;
      }
      for (const LeftOut& left_out : result.evidence.left_out) {
        ADD_FAILURE() << subject.variant << " " << c.line() << ": " << left_out.reason;
      }
      carried_out += std::ranges::count(result.checks, Check::width) > 0 ? 1 : 0;
    }
    const bool has_rows =
        !GetParam()
             ->row_sizes(GetParam()->materialise(GetParam()->cost_case(), subject.variant))
             .empty();
    EXPECT_EQ(carried_out, has_rows ? kEnough : 0) << subject.variant;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, ManyRows, testing::ValuesIn(testing_support::models()),
                         testing_support::op_of);

}  // namespace
}  // namespace mlacheck
