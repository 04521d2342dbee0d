// The equivalences, as GoogleTest tests driven by RapidCheck.
//
//   equivalences_test --property E09_powers_of_two_pass_through --backend cpu.w32 [--cases 200]
//
// One test for each part of an equivalence and each variant of its op. Exit code 77 if the backend
// is absent, 1 if no test ran.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/subjects/bundled_cases.hpp"
#include "harness/sweep/sweep.hpp"
#include "harness/verdict/verdict.hpp"
#include "tests/equivalences/equivalence.hpp"
#include "tests/support/case_generator.hpp"
#include "tests/support/property_program.hpp"

namespace mlacheck {

namespace equivalences {
namespace {

// Required cases with more elements show nothing here that small ones do not.
constexpr std::int64_t kLargest = 8000;
// Each equivalence takes one required case in so many, another selection than the next one does:
// the battery runs them all.
constexpr std::uint64_t kShare = 4;
constexpr std::int64_t kFewest = 10;

class EquivalenceTest : public testing::Test {
 public:
  EquivalenceTest(Part part, Row row, std::uint64_t selection)
      : part_(std::move(part)), row_(std::move(row)), selection_(selection) {}

  void TestBody() override {
    const auto backends = make_backends();
    backend_ = &backend_named(backends, row_.backend);
    const std::string reason = reason_to_skip(row_, *backend_);
    if (!reason.empty()) GTEST_SKIP() << reason;
    for (const Case& c : required_cases(row_.op_name())) {
      if (selection_++ % kShare != 0) continue;
      const std::string failure = failure_of(c);
      ASSERT_TRUE(failure.empty()) << failure;
    }
    EXPECT_TRUE(rc::check([&] {
      const Case c = *case_generator(row_.model(), row_.tiles());
      const std::string failure = failure_of(c);
      if (too_large_) RC_DISCARD("takes long and shows nothing more");
      if (!failure.empty()) RC_FAIL(failure);
    }));
    EXPECT_GE(applied_, kFewest) << "too few cases had a say for a pass to mean anything";
    EXPECT_GE(2 * applied_, tried_) << "most cases had no say";
    EXPECT_GT(compared_.bitwise, 0) << "nothing was compared bit for bit";
    if (part_.certified) {
      EXPECT_GE(10 * compared_.bitwise, compared_.within_bound) << "hardly a sum was exact";
    }
    RecordProperty("cases_applied", static_cast<int>(applied_));
    RecordProperty("elements_bitwise", std::to_string(compared_.bitwise));
    RecordProperty("elements_within_bound", std::to_string(compared_.within_bound));
  }

 private:
  // Empty if the equivalence holds or does not speak of the case.
  std::string failure_of(const Case& drawn) {
    Case c = drawn;
    Random random(stream_of(drawn.line()), 11);
    part_.fit(c, random);
    const std::string inadmissible = row_.model().inadmissible(c);
    if (!inadmissible.empty()) return c.line() + " does not fit: " + inadmissible;
    too_large_ = row_.model().materialise(c, row_.subject.contract_name()).elements() > kLargest;
    if (too_large_) return {};
    ++tried_;
    try {
      Trial trial(*row_.op, row_.subject, *backend_, c, compared_);
      applied_ += part_.holds(trial) ? 1 : 0;
    } catch (const Broken& broken) {
      return "\n" + c.line() + "\n" + row_.subject.variant + " on " + row_.backend + ": " +
             broken.what();
    }
    return {};
  }

  Part part_;
  Row row_;
  std::uint64_t selection_;
  Backend* backend_ = nullptr;
  Compared compared_;
  std::int64_t tried_ = 0;
  std::int64_t applied_ = 0;
  bool too_large_ = false;
};

void register_tests(const Equivalence& equivalence, const std::string& backend) {
  for (std::size_t i = 0; i < equivalence.parts.size(); ++i) {
    const Part& part = equivalence.parts[i];
    const std::uint64_t which = stream_of(equivalence.name) % kShare;
    Selection selection;
    selection.ops = {part.op};
    if (!backend.empty()) selection.backends = {backend};
    if (!part.variant.empty()) selection.variants = {part.variant};
    for (const Row& row : select_rows(selection, make_backends())) {
      const std::string name =
          part.op + "." + std::to_string(i + 1) + "." + row.subject.variant + "." + row.backend;
      testing::RegisterTest(equivalence.name.c_str(), name.c_str(), nullptr, nullptr, __FILE__,
                            __LINE__, [part, row, which]() -> testing::Test* {
                              return new EquivalenceTest(part, row,
                                                         which);  // GoogleTest deletes it
                            });
    }
  }
}

int run(int argc, char** argv) {
  const auto& all = all_equivalences();
  PropertyProgram program;
  program.name = "equivalences_test";
  program.description = "Holds the quantized ops to their equivalences.";
  program.cases = 40;
  for (const auto& equivalence : all) program.properties.push_back(equivalence.name);
  program.register_tests = [&](std::size_t i, const std::string& backend) {
    register_tests(all[i], backend);
  };
  return run_property_program(argc, argv, program);
}

}  // namespace
}  // namespace equivalences
}  // namespace mlacheck

int main(int argc, char** argv) { return mlacheck::equivalences::run(argc, argv); }
