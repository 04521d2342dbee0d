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
// Each variant has one test: the whole battery, unless told otherwise, with the oracle and with the
// variant that it replaces, if any. It belongs to a named property if it replaces another one and
// its op has such a property, else to `matches_reference.<op>`. Exit code 77 if the backend is
// absent, 1 if no test ran.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/report/render.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "harness/sweep/battery.hpp"
#include "harness/sweep/sweep.hpp"
#include "tests/support/case_generator.hpp"
#include "tests/support/property_program.hpp"

namespace mlacheck {

namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

enum class Variants { all, replacing_another, replacing_none };

struct Property {
  std::string name;
  std::string op;
  Variants variants;
};

std::vector<Property> all_properties() {
  std::vector<Property> properties;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    const bool named = !op.property.empty();
    if (named) properties.push_back({op.property, name, Variants::replacing_another});
    properties.push_back(
        {"matches_reference." + name, name, named ? Variants::replacing_none : Variants::all});
  }
  return properties;
}

bool covers(const Property& property, const Subject& subject) {
  if (property.variants == Variants::all) return true;
  return (property.variants == Variants::replacing_none) == subject.baseline.empty();
}

// A variant with two tests costs time and shows nothing more; one without has no test at all.
void check_that_each_variant_has_one_test(const std::vector<Property>& properties) {
  for (const Row& row : select_rows({}, make_backends())) {
    const auto tests = std::count_if(properties.begin(), properties.end(), [&](const Property& p) {
      return p.op == row.op_name() && covers(p, row.subject);
    });
    if (tests == 1) continue;
    throw std::logic_error("variant '" + row.subject.variant + "' of " + row.op_name() + " on " +
                           row.backend + ": " + std::to_string(tests) +
                           " properties where 1 is expected");
  }
}

struct Reach {
  std::int64_t largest = kNoLimit;  ///< elements of a required case
  BatteryOptions battery{};
};

// Runs cases of one row, required ones first, and turns the first failure into an assertion.
class PropertyTest : public testing::Test {
 public:
  PropertyTest(Property property, Row row, const Reach& reach)
      : property_(std::move(property)), row_(std::move(row)), reach_(reach) {}

  void TestBody() override {
    const auto backends = make_backends();
    backend_ = &backend_named(backends, row_.backend);
    const std::string reason = reason_to_skip(row_, *backend_);
    if (!reason.empty()) GTEST_SKIP() << reason;
    baseline_ = baseline_of(row_);
    cpu::show_sanitizer_reports(true);
    int left_out = 0;
    for (const Case& c : required_cases(row_.op_name())) {
      if (reach_.largest < kNoLimit && elements_of(c) > reach_.largest) {
        ++left_out;
        continue;
      }
      const std::string failure = failure_of(c);
      ASSERT_TRUE(failure.empty()) << failure;
    }
    const rc::Gen<Case> cases = case_generator(row_.model(), row_.tiles());
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
    return row_.model().materialise(c, row_.subject.contract_name()).elements();
  }

  // Empty if the case passed, was skipped, or fails in another way than the first failure did: that
  // keeps shrinking on one defect.
  std::string failure_of(const Case& c) {
    BatteryOptions battery = failing_ ? as_replayed(reach_.battery, *failing_) : reach_.battery;
    battery.turn = turn_++;
    CaseResult result =
        run_case({&row_.model(), row_.op->oracle}, c, row_.subject, baseline_, *backend_, battery);
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
  Row row_;
  Reach reach_;
  Backend* backend_ = nullptr;
  const Subject* baseline_ = nullptr;
  std::optional<Failing> failing_;  // the first failure; shrinking keeps to it
  std::int64_t turn_ = 0;
  std::int64_t executed_ = 0;
  bool skipped_ = false;
};

void register_tests(const Property& property, const std::string& backend, const Reach& reach) {
  Selection selection;
  selection.ops = {property.op};
  if (!backend.empty()) selection.backends = {backend};
  for (const Row& row : select_rows(selection, make_backends())) {
    if (!covers(property, row.subject)) continue;
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
  check_that_each_variant_has_one_test(properties);
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
