#include "tests/equivalences/broken.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/process/forked.hpp"
#include "harness/subjects/subjects.hpp"
#include "tests/equivalences/part_run.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::equivalences {
namespace {

// Cases of each part in which a break must have shown, and the time for all.
constexpr int kCases = 150;
constexpr double kSeconds = 200;

// What broke first, of any part; or empty.
std::string first_break(std::vector<PartRun>& runs) {
  for (PartRun& run : runs) {
    for (const Case& c : testing_support::drawn_cases(run.row().model(), kCases)) {
      std::string failure = run.failure_of(c);
      if (!failure.empty()) return failure;
    }
  }
  return {};
}

// What is broken may crash, so it runs in a process of its own.
class BrokenTest final : public testing::Test {
 public:
  explicit BrokenTest(std::vector<PartRun> runs) : runs_(std::move(runs)) {}

  void TestBody() override {
    const ForkedAnswer answer = run_forked([this] { return first_break(runs_); }, kSeconds);
    ASSERT_NE(answer.end, ForkedAnswer::End::hung);
    ASSERT_NE(answer.end, ForkedAnswer::End::threw) << answer.text;
    const bool crashed = answer.end == ForkedAnswer::End::crashed;
    EXPECT_TRUE(crashed || !answer.text.empty()) << "nothing broke in " << kCases << " cases";
    std::cout << (crashed ? "crashed" : answer.text) << '\n';
  }

 private:
  std::vector<PartRun> runs_;
};

void register_test(const Equivalence& equivalence, const std::string& name,
                   const std::vector<PartRun>& runs) {
  testing::RegisterTest((equivalence.name + ".broken").c_str(), name.c_str(), nullptr, nullptr,
                        __FILE__, __LINE__, [runs]() -> testing::Test* {
                          return new BrokenTest(runs);  // GoogleTest deletes it
                        });
}

}  // namespace

void register_broken(const Equivalence& equivalence, const std::string& library,
                     const std::string& backend) {
  static const std::vector<Mutant> kMutants = add_mutants(library);
  Selection selection;
  selection.backends = {backend.empty() ? "cpu.w32" : backend};
  for (const std::string& mutant : equivalence.broken_by) {
    const std::size_t slash = mutant.find('/');
    Selection of_mutant = selection;
    of_mutant.variants = {mutant.substr(slash + 1)};
    std::vector<PartRun> runs;
    for (const Part& part : equivalence.parts) {
      if (part.op != mutant.substr(0, slash)) continue;
      for (PartRun& run : runs_of(part, of_mutant)) runs.push_back(std::move(run));
    }
    if (runs.empty()) throw std::logic_error(equivalence.name + ": no part has " + mutant);
    register_test(equivalence, mutant, runs);
  }
  for (const Part& part : equivalence.miscomposed) {
    for (PartRun& run : runs_of(part, selection)) {
      // Of right variants only: what is wrong is how they are put together.
      if (!run.row().table->origin.empty() ||
          run.row().subject.contract_name() != run.row().subject.variant) {
        continue;
      }
      const std::string name = "miscomposed." + part.op + "." + run.row().subject.variant;
      register_test(equivalence, name, {std::move(run)});
    }
  }
}

}  // namespace mlacheck::equivalences
