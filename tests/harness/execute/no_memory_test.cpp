// What is reported where there is no memory, and where a subject has no function.
// tests/hostile/process_test.py tests from outside that the executor blames no kernel for a lack of
// memory.
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/execute/execute.hpp"
#include "harness/sweep/sweep.hpp"

namespace mlacheck {
namespace {

TEST(NoMemory, ASubjectThatAsksForTooMuchIsToBlame) {
  if (cpu::is_sanitized()) GTEST_SKIP() << "a sanitizer reports a request of that size itself";
  const auto backends = make_backends();
  Subject subject;
  subject.variant = "greedy";
  subject.run = [](const Call&, LaunchContext&) -> Status { throw std::bad_alloc(); };
  const ParsedCase c = parse_case("merge_states(T=1,H=1,V=8)", all_schemas());
  const OpEntry* const op = find_op("merge_states");
  const Problem problem = op->model->materialise(std::get<Case>(c), "scalar");
  const auto run = execute(subject, problem, backend_named(backends, "cpu.w32"), Poison::ones);
  EXPECT_EQ(run.harness_error, "");
  ASSERT_EQ(run.findings.size(), 1U);
  EXPECT_EQ(run.findings.front().text, "the subject threw: std::bad_alloc");
}

TEST(Described, ASubjectWithoutItsFunctionCannotBeRun) {
  const auto backends = make_backends();
  Subject subject;
  subject.variant = "described";
  const ParsedCase c = parse_case("merge_states(T=1,H=1,V=8)", all_schemas());
  const Problem problem = find_op("merge_states")->model->materialise(std::get<Case>(c), "scalar");
  EXPECT_THROW(execute(subject, problem, backend_named(backends, "cpu.w32"), Poison::ones),
               std::logic_error);
}

}  // namespace
}  // namespace mlacheck
