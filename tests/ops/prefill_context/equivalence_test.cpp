// What must come out the same when the same attention is cut otherwise: into other chunks, over other
// ranks, or into two steps. Each pair of results may differ by the bounds of both.
#include <gtest/gtest.h>

#include <cmath>

#include "properties/prefill_context/model.hpp"
#include "reference/prefill_context/oracle.hpp"
#include "reference/prefill_context/schedule.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::cpu_subjects;
using testing_support::drawn_cases;
using testing_support::PlacedCall;
using testing_support::variant_of;

struct Answers {
  std::vector<double> got;
  ExpectedTensor expected;
};

Answers answers_of(const Problem& problem, const char* variant = "swapped") {
  static const SubjectTable kTable = cpu_subjects("prefill_context");
  PlacedCall placed(problem);
  PlainContext context;
  const Status status = variant_of(kTable, variant).run(placed.call(), context);
  EXPECT_TRUE(status.ok()) << status.message();
  return {placed.read("out"), oracle().expect(problem).outputs.front()};
}

double exact(const ExpectedTensor& expected, std::size_t i) {
  return expected.unrounded.empty() ? expected.value[i] : expected.unrounded[i];
}

// From these elements of both on.
void expect_same(const Answers& a, std::size_t first_a, const Answers& b, std::size_t first_b,
                 std::size_t count, const std::string& where) {
  for (std::size_t i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    const double bound = a.expected.reach(first_a + i) + b.expected.reach(first_b + i);
    EXPECT_LE(std::fabs(a.got[first_a + i] - b.got[first_b + i]), bound)
        << where << ", element " << i;
    // The exact answers are one and the same.
    EXPECT_NEAR(exact(a.expected, first_a + i), exact(b.expected, first_b + i),
                1e-10 * (1 + std::fabs(exact(a.expected, first_a + i))))
        << where;
  }
}

std::vector<Case> cases_with_context(int count) {
  return drawn_cases(model(), count, [](const Case& c) {
    const Problem problem = model().materialise(c, "");
    return problem.elements() < 20000 && problem.integer("max_context") > 1 &&
           problem.operand("out").layout.elements() > 0;
  });
}

TEST(PrefillContextEquivalence, AnyChunkWidthEqualsOneChunk) {
  for (const Case& c : cases_with_context(60)) {
    Case whole = c;
    const Answers one = answers_of(model().materialise(whole.set("chunk", 4096), ""));
    const Answers many = answers_of(model().materialise(c, ""));
    expect_same(one, 0, many, 0, one.got.size(), c.line());
  }
}

TEST(PrefillContextEquivalence, AnyRanksEqualOne) {
  int several = 0;
  for (const Case& c : cases_with_context(60)) {
    Case alone = c;
    several += c.integer("ranks") > 1 ? 1 : 0;
    const Answers one =
        answers_of(model().materialise(alone.set("ranks", 1).set("interleave", 1), ""));
    const Answers many = answers_of(model().materialise(c, ""));
    expect_same(one, 0, many, 0, one.got.size(), c.line());
  }
  EXPECT_GT(several, 20);
}

TEST(PrefillContextEquivalence, SwappedHasTheBitsOfFresh) {
  for (const Case& c : cases_with_context(60)) {
    const Problem problem = model().materialise(c, "");
    EXPECT_EQ(answers_of(problem, "fresh").got, answers_of(problem, "swapped").got) << c.line();
  }
}

// Copies rows of `elements` from one operand to another.
void copy_row(const Operand& from, std::int64_t from_row, Operand& to, std::int64_t to_row,
              std::int64_t elements) {
  const auto first = from.bits.begin() + from_row * elements;
  std::copy(first, first + elements, to.bits.begin() + to_row * elements);
}

// One request: the first `before` of its tokens have been cached by an earlier step.
Problem continued(const Case& c, const Problem& whole, std::int64_t before) {
  const std::int64_t tokens = c.list("requests")[0];
  const std::int64_t context = c.list("requests")[1];
  Case later = c;
  Problem rest =
      model().materialise(later.set("requests", {tokens - before, context + before}), "");
  const Parameters p = Parameters::of(rest);
  const Operands o{rest};
  const Operands was{whole};
  const std::int64_t columns = o.columns();
  for (std::int64_t i = before; i < tokens; ++i) {
    copy_row(was.q(), i, o.q(), i - before, o.heads() * o.depth());
    copy_row(was.new_kv(), i, o.new_kv(), i - before, columns);
  }
  const std::int64_t page = o.kv().layout.shape[1];
  const std::int64_t rank_pages = o.kv().layout.shape[0] / p.ranks;
  for (std::int64_t i = 0; i < before; ++i) {
    const auto [rank, position] = place_of(p, context + i);
    const std::int64_t id = o.block_table().bits[static_cast<std::size_t>(position / page)];
    copy_row(was.new_kv(), i, o.kv(), (rank * rank_pages + id) * page + position % page, columns);
  }
  return rest;
}

TEST(PrefillContextEquivalence, TwoStepsEqualOne) {
  int cut = 0;
  for (Case c : cases_with_context(60)) {
    c.set("requests", {4, c.list("requests")[1]});
    const Problem whole = model().materialise(c, "");
    const Answers one = answers_of(whole);
    for (const std::int64_t before : {1, 3}) {
      const Answers two = answers_of(continued(c, whole, before));
      const std::size_t skipped = one.got.size() - two.got.size();
      expect_same(one, skipped, two, 0, two.got.size(), c.line());
      ++cut;
    }
  }
  EXPECT_EQ(cut, 120);
}

}  // namespace
}  // namespace mlacheck::prefill_context
