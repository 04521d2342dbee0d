// The equivalences, as GoogleTest tests driven by RapidCheck.
//
//   equivalences_test --property E09_powers_of_two_pass_through --backend cpu.w32 [--cases 200]
//
// One test for each part of an equivalence and each variant of its op. Exit code 77 if the backend
// is absent, 1 if no test ran. With --broken LIBRARY, which holds mutants, one for each mutant that must
// break it, and one for each part that is put together wrongly.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/subjects/bundled_cases.hpp"
#include "harness/verdict/verdict.hpp"
#include "tests/equivalences/broken.hpp"
#include "tests/equivalences/part_run.hpp"
#include "tests/support/case_generator.hpp"
#include "tests/support/property_program.hpp"

namespace mlacheck {

namespace equivalences {
namespace {

// Each equivalence takes one required case in so many, another selection than the next one does:
// the battery runs them all.
constexpr std::uint64_t kShare = 4;
constexpr std::int64_t kFewest = 10;
// Of two bounds together, by the largest difference.
constexpr double kLeastUse = 0.01;

class EquivalenceTest : public testing::Test {
 public:
  EquivalenceTest(PartRun run, std::uint64_t selection)
      : run_(std::move(run)), selection_(selection) {}

  void TestBody() override {
    const std::string reason = run_.reason_to_skip();
    if (!reason.empty()) GTEST_SKIP() << reason;
    for (const Case& c : required_cases(run_.row().op_name())) {
      if (selection_++ % kShare != 0) continue;
      const std::string failure = run_.failure_of(c);
      ASSERT_TRUE(failure.empty()) << failure;
    }
    EXPECT_TRUE(rc::check([&] {
      const Case c = *case_generator(run_.row().model(), run_.row().tiles());
      const std::string failure = run_.failure_of(c);
      if (run_.was_too_large()) RC_DISCARD("takes long and shows nothing more");
      if (!failure.empty()) RC_FAIL(failure);
    }));
    const Tried& tried = run_.tried();
    EXPECT_GE(tried.applied, kFewest) << "too few cases had a say for a pass to mean anything";
    EXPECT_GE(2 * tried.applied, tried.cases) << "most cases had no say";
    const Compared& compared = tried.compared;
    if (run_.part().by_bounds) {
      EXPECT_GT(compared.used, kLeastUse) << "the bounds are too wide for a pass to mean anything";
    } else {
      EXPECT_GT(compared.bitwise, 0) << "nothing was compared bit for bit";
    }
    if (run_.part().certified) {
      EXPECT_GE(10 * compared.bitwise, compared.within_bound) << "hardly a sum was exact";
    }
    RecordProperty("cases_applied", static_cast<int>(tried.applied));
    RecordProperty("elements_bitwise", std::to_string(compared.bitwise));
    RecordProperty("elements_within_bound", std::to_string(compared.within_bound));
    RecordProperty("share_of_bounds", std::to_string(compared.used));
  }

 private:
  PartRun run_;
  std::uint64_t selection_;
};

void register_tests(const Equivalence& equivalence, const std::string& backend) {
  const std::uint64_t which = stream_of(equivalence.name) % kShare;
  Selection selection;
  if (!backend.empty()) selection.backends = {backend};
  for (std::size_t i = 0; i < equivalence.parts.size(); ++i) {
    const Part& part = equivalence.parts[i];
    for (const PartRun& run : runs_of(part, selection)) {
      const Row& row = run.row();
      const std::string name =
          part.op + "." + std::to_string(i + 1) + "." + row.subject.variant + "." + row.backend;
      testing::RegisterTest(equivalence.name.c_str(), name.c_str(), nullptr, nullptr, __FILE__,
                            __LINE__, [run, which]() -> testing::Test* {
                              return new EquivalenceTest(run, which);  // GoogleTest deletes it
                            });
    }
  }
}

int run(int argc, char** argv) {
  const auto& all = all_equivalences();
  PropertyProgram program;
  program.name = "equivalences_test";
  program.description = "Holds the quantized ops and the layer to their equivalences.";
  program.cases = 40;
  std::string mutants;
  program.texts.push_back({"--broken",
                           "In place of the equivalences, that this library's mutants break them",
                           &mutants});
  for (const auto& equivalence : all) program.properties.push_back(equivalence.name);
  program.register_tests = [&](std::size_t i, const std::string& backend) {
    if (mutants.empty()) {
      register_tests(all[i], backend);
    } else {
      register_broken(all[i], mutants, backend);
    }
  };
  return run_property_program(argc, argv, program);
}

}  // namespace
}  // namespace equivalences
}  // namespace mlacheck

int main(int argc, char** argv) { return mlacheck::equivalences::run(argc, argv); }
