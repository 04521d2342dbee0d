// decode_step: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "properties/decode_step/model.hpp"
#include "reference/decode_step/oracle.hpp"
#include "reference/decode_step/parameters.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

void note_batch(testing_support::ClassesMet& classes, const Case& c) {
  const Problem problem = model().materialise(c, "");
  const Parameters p = Parameters::of(problem);
  const std::vector<double> device = Operands{problem}.decode_lens().values();
  const auto rows = static_cast<double>(Operands{problem}.tokens());
  const double live = std::accumulate(device.begin(), device.end(), 0.0);
  classes.note(p.lens_exact && p.min_decode_len == p.max_decode_len && p.max_decode_len > 1,
               "several tokens of each request");
  classes.note(p.lens_exact && p.min_decode_len < p.max_decode_len, "ragged");
  classes.note(!p.lens_exact && p.min_decode_len == p.max_decode_len,
               "uniform for the host, not for the device");
  classes.note(live < rows, "padding rows");
  classes.note(device.size() > 1 && device.front() == 0 && live > 0,
               "first request without tokens");
  const std::vector<std::int64_t>& requests = c.list("requests");
  for (std::size_t r = 0; r < device.size(); ++r) {
    const auto length = static_cast<double>(requests[2 * r + 1]);
    classes.note(device[r] > 1 && length > 0 && length < device[r], "shorter than the step");
    classes.note(device[r] > 0 && length == 0, "no key");
    classes.note(length > 16, "more than one tile of keys");
    classes.note(
        device[r] > 0 && p.splits > 1 && length - device[r] + 1 < static_cast<double>(p.splits),
        "an empty split");
  }
}

TEST(DecodeStepCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn_cases(model(), 800)) {
    classes.note(c);
    note_batch(classes, c);
    for (const char* name : {"nope", "rope", "V"}) {
      classes.note(c.integer(name) == 0, std::string("no ") + name);
    }
  }
  classes.expect_all();
}

// The latents of the keys of all requests, in their order.
std::vector<std::uint32_t> cached_latents(const Case& c, const Problem& problem) {
  const Operands<const Problem> o{problem};
  std::vector<std::uint32_t> latents;
  for (std::int64_t r = 0; r < o.requests(); ++r) {
    if (o.decode_lens().bits[static_cast<std::size_t>(r)] == 0) continue;
    const std::int64_t length = c.list("requests")[static_cast<std::size_t>(2 * r + 1)];
    for (std::int64_t key = 0; key < length; ++key) {
      const auto entry = static_cast<std::size_t>(r * o.columns() + key / o.page());
      const std::int64_t slot = o.block_table().bits[entry] * o.page() + key % o.page();
      for (std::int64_t column = 0; column < o.depth(); ++column) {
        const auto at = static_cast<std::size_t>(slot * o.depth() + column);
        EXPECT_EQ(o.kv().cell(at), Cell::live);
        latents.push_back(o.kv().bits[at]);
      }
    }
  }
  return latents;
}

// A twin places its pages elsewhere.
TEST(DecodeStepCases, TwinsHoldTheSameNumbers) {
  for (const Case& c : drawn_cases(model(), 200)) {
    const Case twin = model().layout_twin(c);
    EXPECT_FALSE(twin == c);
    const Problem one = model().materialise(c, "");
    const Problem two = model().materialise(twin, "");
    ASSERT_EQ(cached_latents(c, one), cached_latents(twin, two)) << c.line();
    for (const char* name :
         {"q_nope", "q_rope", "w_uk", "w_uv", "seq_lens", "decode_lens", "query_start_loc"}) {
      ASSERT_EQ(one.operand(name).bits, two.operand(name).bits) << name << " of " << c.line();
    }
    EXPECT_EQ(one.integers, two.integers);
  }
}

TEST(DecodeStepCases, DeviceTokensMustFitTheRows) {
  Case c(model().schema());
  c.set("requests", {2, 5, 1, 5}).set("device_tokens", {2, 2});
  EXPECT_NE(model().inadmissible(c), "");
  c.set("padding", 1);
  EXPECT_EQ(model().inadmissible(c), "");
}

// One head, latents of one column. Absorbed queries are q w_uk = 2, so the logits are twice the latents:
// 0, log 2 and log 3. A value is 3 times its latent.
Problem hand_problem() {
  Problem problem;
  const auto input = [&](const char* name, std::vector<std::int64_t> shape,
                         const std::vector<double>& values) {
    problem.operands.push_back(
        dense_operand(name, DType::f32, Access::input, std::move(shape), values));
  };
  const auto integers = [&](const char* name, std::vector<std::int64_t> shape,
                            const std::vector<double>& values) {
    problem.operands.push_back(
        dense_operand(name, DType::i32, Access::input, std::move(shape), values));
  };
  input("q_nope", {4, 1, 1}, {4, 4, 4, 4});
  input("q_rope", {4, 1, 0}, {});
  input("kv", {3, 1, 1}, {std::log(3.0) / 2, 0, std::log(2.0) / 2});  // page ids 1, 2, 0
  input("w_uk", {1, 1, 1}, {0.5});
  input("w_uv", {1, 1, 1}, {3});
  integers("seq_lens", {2}, {3, 0});
  integers("block_table", {2, 3}, {1, 2, 0, -7, -7, -7});
  integers("decode_lens", {2}, {2, 1});
  integers("query_start_loc", {2}, {40, 42});
  problem.operands.push_back(dense_operand("out", DType::f32, Access::output, {4, 1, 1}, {}));
  reference::write_scalars(
      problem,
      Parameters{.decode_tokens = 3, .min_decode_len = 1, .max_decode_len = 2, .scale = 1});
  return problem;
}

// The first token sees two keys of weights 1 and 2 thirds, the second all three. Then a request without
// keys, and a padding row.
TEST(DecodeStepOracle, HandComputedValues) {
  const double two = std::log(2.0) / 2;
  const double three = std::log(3.0) / 2;
  const double expected[]{3 * (2 * two) / 3, 3 * (2 * two + 3 * three) / 6, 0, 0};
  const Problem problem = hand_problem();
  const Expectation expectation = oracle().expect(problem);
  const ExpectedTensor& out = expectation.outputs[0];
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_NEAR(out.value[row], expected[row], 1e-6);
    EXPECT_LT(out.bound[row], 1e-5);
    EXPECT_EQ(out.bound[row] > 0, row < 2);
  }
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    for (const Subject& subject : cpu_subjects("decode_step", backend).subjects) {
      PlacedCall placed(problem);
      PlainContext context;
      const Status status = subject.run(placed.call(), context);
      ASSERT_TRUE(status.ok()) << status.message();
      for (std::size_t row = 0; row < 4; ++row) {
        EXPECT_NEAR(placed.read("out")[row], expected[row], 1e-6);
      }
    }
  }
}

// Equal logits, two keys: each step is exact, and so is the answer.
TEST(DecodeStepOracle, ExactInputsHaveNoBound) {
  Case c(model().schema());
  c.set("requests", {1, 2}).set("latent", 3).set("nope", 2).set("rope", 1).set("V", 4);
  for (const char* dtype : {"f32", "bf16", "f16"}) {
    for (const char* values : {"exact", "selector"}) {
      const Problem problem = model().materialise(c.set("dtype", dtype).set("values", values), "");
      const ExpectedTensor out = oracle().expect(problem).outputs.front();
      EXPECT_TRUE(std::all_of(out.bound.begin(), out.bound.end(), [](double b) {
        return b < 1e-300;
      })) << c.line();
    }
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
