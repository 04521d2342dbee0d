// The properties, as GoogleTest tests driven by RapidCheck.
//
//   properties_test --property strided_bmm_equals_copy --backend cpu.w32 [--cases 300]
//
// --largest leaves out required cases with more elements, for builds in which a real model's shape
// takes minutes; how many were left out is a property of the test's result.
//
// --values-only compares values and runs no other check, for builds that follow every access, where
// the battery's other runs of a case show the same accesses again.
//
// A property `matches_reference.<op>` runs every variant of the op against the oracle; a named
// property runs the variants that replace another one and compares the two as well. Both run the
// whole battery unless told otherwise. Exit code 77 if the backend is absent, 1 if no test ran.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <optional>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/report/render.hpp"
#include "harness/sweep/case_generator.hpp"
#include "harness/sweep/sweep.hpp"
#include "tests/support/property_program.hpp"

namespace mlacheck {

namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

struct Property {
  std::string name;
  std::string op;
  bool against_baseline;
};

std::vector<Property> all_properties() {
  std::vector<Property> properties{{"strided_bmm_equals_copy", "strided_bmm", true},
                                   {"swapped_merge_equals_fresh", "chunked_context", true},
                                   {"empty_decode_reads_nothing_uninitialized", "mla_decode", true},
                                   {"uniform_expansion_equals_generic", "decode_expansion", true},
                                   {"strided_flatten_equals_copy", "flatten_quant", true},
                                   {"strided_quantized_bmm_equals_copy", "quantized_bmm", true}};
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    properties.push_back({"matches_reference." + name, name, false});
  }
  return properties;
}

struct Reach {
  std::int64_t largest = kNoLimit;  ///< elements of a required case
  BatteryOptions battery{};
};

// Runs cases of one row, required ones first, and turns the first failure into an assertion.
class PropertyTest : public testing::Test {
 public:
  PropertyTest(Property property, SweepRow row, const Reach& reach)
      : property_(std::move(property)), row_(std::move(row)), reach_(reach) {}

  void TestBody() override {
    const auto backends = make_backends();
    backend_ = &backend_named(backends, row_.backend);
    const std::string reason = reason_to_skip(row_, *backend_);
    if (!reason.empty()) GTEST_SKIP() << reason;
    baseline_ = property_.against_baseline ? baseline_of(row_) : nullptr;
    cpu::show_sanitizer_reports(true);
    int left_out = 0;
    for (const Case& c : row_.op->model->required_cases()) {
      if (reach_.largest < kNoLimit && elements_of(c) > reach_.largest) {
        ++left_out;
        continue;
      }
      const std::string failure = failure_of(c);
      ASSERT_TRUE(failure.empty()) << failure;
    }
    const rc::Gen<Case> cases = case_generator(*row_.op->model, tiles_of(row_));
    EXPECT_TRUE(rc::check(property_.name, [&] {
      const Case c = *cases;
      const std::string failure = failure_of(c);
      if (skipped_) RC_DISCARD("outside the variant's domain");
      if (!failure.empty()) RC_FAIL(failure);
    }));
    EXPECT_GE(executed_, 20) << "too few cases ran to the end for a pass to mean anything";
    RecordProperty("cases_executed", static_cast<int>(executed_));
    RecordProperty("required_cases_left_out", left_out);
  }

 private:
  std::int64_t elements_of(const Case& c) const {
    return row_.op->model->materialise(c, row_.subject.contract_name()).elements();
  }

  // Empty if the case passed, was skipped, or fails in another way than the first failure did: that
  // keeps shrinking on one defect.
  std::string failure_of(const Case& c) {
    BatteryOptions battery = failing_ ? as_replayed(reach_.battery, *failing_) : reach_.battery;
    battery.turn = turn_++;
    CaseResult result = run_case(*row_.op, c, row_.subject, baseline_, *backend_, battery);
    skipped_ = result.verdict == Verdict::skipped;
    if (result.verdict == Verdict::passed) ++executed_;
    if (result.verdict == Verdict::passed || skipped_) return {};
    if (!failing_) failing_ = new_failing(result, {});
    // Shown once in full; the findings of the shrunk case have one line for each.
    cpu::show_sanitizer_reports(false);
    const bool of_the_harness = result.verdict == Verdict::error;
    if (!of_the_harness && !fails_so(*failing_, result)) return {};
    follow(*failing_, result);
    return "\n" + render_failure(row_, Counterexample(c, std::move(result), *failing_));
  }

  Property property_;
  SweepRow row_;
  Reach reach_;
  Backend* backend_ = nullptr;
  const Subject* baseline_ = nullptr;
  std::optional<Failing> failing_;  // the first failure; shrinking keeps to it
  std::int64_t turn_ = 0;
  std::int64_t executed_ = 0;
  bool skipped_ = false;
};

void register_tests(const Property& property, const std::string& backend, const Reach& reach) {
  SweepOptions options;
  options.ops = {property.op};
  if (!backend.empty()) options.backends = {backend};
  for (const SweepRow& row : select_rows(options, make_backends())) {
    if (property.against_baseline && row.subject.baseline.empty()) continue;
    testing::RegisterTest(property.name.c_str(), (row.subject.variant + "." + row.backend).c_str(),
                          nullptr, nullptr, __FILE__, __LINE__,
                          [property, row, reach]() -> testing::Test* {
                            return new PropertyTest(property, row, reach);  // GoogleTest deletes it
                          });
  }
}

int run(int argc, char** argv) {
  Reach reach;
  bool values_only = false;
  const std::vector<Property> properties = all_properties();
  PropertyProgram program;
  program.name = "properties_test";
  program.description = "Runs properties of the bundled subjects.";
  program.cases = 200;
  program.options = {{"--largest", "Most elements of a required case", &reach.largest}};
  program.flags = {{"--values-only", "Only compare values", &values_only}};
  for (const Property& property : properties) program.properties.push_back(property.name);
  program.register_tests = [&](std::size_t i, const std::string& backend) {
    if (values_only) reach.battery.effort = Effort::values;
    register_tests(properties[i], backend, reach);
  };
  return run_property_program(argc, argv, program);
}

}  // namespace
}  // namespace mlacheck

int main(int argc, char** argv) { return mlacheck::run(argc, argv); }
