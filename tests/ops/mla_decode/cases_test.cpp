// mla_decode: the cases that its model draws, and its oracle against hand-computed answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/mla_decode/batch.hpp"
#include "properties/mla_decode/model.hpp"
#include "reference/mla_decode/decode_row.hpp"
#include "reference/mla_decode/oracle.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::mla_decode {
namespace {

using testing_support::drawn_cases;

// A request with tokens and without keys.
bool has_empty(const std::vector<std::int64_t>& requests) {
  for (std::size_t r = 0; r < requests.size(); r += 2) {
    if (requests[r] > 0 && requests[r + 1] == 0) return true;
  }
  return false;
}

TEST(MlaDecodeModel, DrawsEveryAwkwardBatchMember) {
  std::map<std::string, int> hits;
  for (const Case& c : drawn_cases(model(), 2000)) {
    const std::vector<std::int64_t>& list = c.list("requests");
    const std::int64_t page = c.integer("page");
    hits["no request"] += list.empty() ? 1 : 0;
    for (std::size_t r = 0; r < list.size(); r += 2) {
      const std::int64_t tokens = list[r];
      const std::int64_t length = list[r + 1];
      hits["no token"] += tokens == 0 ? 1 : 0;
      hits["no key"] += tokens > 0 && length == 0 ? 1 : 0;
      hits["fewer keys than tokens"] += length < tokens && length > 0 ? 1 : 0;
      hits["full page"] += page > 1 && length == page ? 1 : 0;
      hits["one key past a page"] += page > 1 && length == page + 1 ? 1 : 0;
      hits["one key past a tile"] += length == 17 ? 1 : 0;
      hits["more splits than keys"] += length > 0 && length < c.integer("splits") ? 1 : 0;
      hits["several tokens"] += tokens > 1 ? 1 : 0;
    }
    const bool level = c.choice("values") == "level";
    hits["a single key far from 0"] += level && list.size() == 2 && list[0] * list[1] == 1 ? 1 : 0;
    hits["one key each, far from 0"] +=
        level && !list.empty() && std::ranges::all_of(list, [](auto n) { return n == 1; }) ? 1 : 0;
    hits["no mask, and no key"] += !c.flag("causal") && has_empty(list) ? 1 : 0;
    hits["scale " + c.choice("scale")] += 1;
    hits["padding rows"] += c.integer("padding") > 0 ? 1 : 0;
    hits["csr"] += c.choice("page_map") == "csr" ? 1 : 0;
    hits["not causal"] += c.flag("causal") ? 0 : 1;
    hits["head-major q"] += c.choice("q.order") == "HTD" ? 1 : 0;
    hits["head-major out"] += c.choice("out.order") == "HTL" ? 1 : 0;
    hits["gap in lse"] += c.integer("lse_out.gap") > 0 ? 1 : 0;
    hits["odd heads"] += c.integer("H") % 4 == 1 ? 1 : 0;
    hits["one column past the block"] += c.integer("latent") == 65 ? 1 : 0;
    hits[c.choice("values")] += 1;
    hits[c.choice("dtype")] += 1;
  }
  for (const auto& [scale, factor] : scales()) hits["scale " + scale] += 0;
  EXPECT_GE(hits.size(), 46U);
  for (const auto& [name, count] : hits) EXPECT_GT(count, 0) << name;
}

// Contents of an operand by logical index, with pages resolved for the cache.
std::vector<double> keys_of(const Case& c, const Problem& problem) {
  const Batch batch(field_table().fields(c));
  const std::vector<double> kv = problem.operand("kv").values();
  const std::int64_t depth = c.integer("latent") + c.integer("rope");
  std::vector<double> keys;
  for (std::int64_t r = 0; r < batch.requests(); ++r) {
    for (std::int64_t key = 0; key < batch.length(r); ++key) {
      const std::int64_t slot =
          batch.physical_page(r, key / batch.page_size()) * batch.page_size() +
          key % batch.page_size();
      for (std::int64_t d = 0; d < depth; ++d) {
        keys.push_back(kv[static_cast<std::size_t>(slot * depth + d)]);
      }
    }
  }
  return keys;
}

TEST(MlaDecodeModel, CasesAreAdmissibleAndTwinsHoldTheSameNumbers) {
  for (const Case& c : drawn_cases(model(), 200)) {
    EXPECT_EQ(model().inadmissible(c), "") << c.line();
    const Case twin = model().layout_twin(c);
    EXPECT_FALSE(twin == c);
    const Problem one = model().materialise(c, "empty");
    const Problem two = model().materialise(twin, "empty");
    ASSERT_EQ(keys_of(c, one), keys_of(twin, two)) << c.line();
    ASSERT_EQ(one.operand("q").bits, two.operand("q").bits) << c.line();
    ASSERT_EQ(one.operand("out").cells, two.operand("out").cells);
  }
}

TEST(MlaDecodeModel, RowsOfNobodyDependOnTheVariant) {
  Case c(model().schema());
  c.set("requests", {1, 3}).set("padding", 1).set("latent", 2);
  const Problem empty = model().materialise(c, "empty");
  const Problem filled = model().materialise(c, "zero_filled");
  EXPECT_EQ(empty.operand("out").cells,
            (std::vector<Cell>{Cell::live, Cell::live, Cell::dead, Cell::dead}));
  EXPECT_EQ(filled.operand("out").cells,
            (std::vector<Cell>{Cell::live, Cell::live, Cell::optional, Cell::optional}));
  EXPECT_EQ(empty.operand("lse_out").cells, filled.operand("lse_out").cells);
}

TEST(MlaDecodeModel, LayoutsAreWhatTheFieldsSay) {
  Case c(model().schema());
  c.set("requests", {3, 3}).set("H", 2).set("latent", 4).set("rope", 1);
  c.set("q.gap", 1).set("q.outer_gap", 2).set("out.outer_gap", 3).set("lse_out.gap", 5);
  const auto strides = [&](const char* operand) {
    return model().materialise(c, "empty").operand(operand).layout.stride;
  };
  using Strides = std::vector<std::int64_t>;
  EXPECT_EQ(strides("q"), (Strides{14, 6, 1}));
  EXPECT_EQ(strides("out"), (Strides{11, 4, 1}));
  EXPECT_EQ(strides("lse_out"), (Strides{7, 1}));
  c.set("q.order", "HTD").set("out.order", "HTL").set("lse_out.order", "HT");
  EXPECT_EQ(strides("q"), (Strides{6, 20, 1}));
  EXPECT_EQ(strides("out"), (Strides{4, 15, 1}));
  EXPECT_EQ(strides("lse_out"), (Strides{1, 8}));
}

TEST(MlaDecodeModel, ExactMeansNeedTheRoundingOfTheStore) {
  for (const char* dtype : {"bf16", "f16"}) {
    Case c(model().schema());
    c.set("dtype", dtype).set("requests", {1, 16}).set("latent", 64).set("values", "exact");
    const Problem problem = model().materialise(c, "empty");
    const ExpectedTensor out = oracle().expect(problem).outputs[0];
    const DType type = problem.operand("out").dtype;
    int rounded = 0;
    for (std::size_t i = 0; i < out.value.size(); ++i) {
      EXPECT_EQ(out.bound[i], 0);
      rounded += decode(type, encode(type, out.value[i])) != out.value[i] ? 1 : 0;
    }
    // Sums of 16 have two bits more than the type, on average: many means need a rounding. Values
    // of four bits would need none.
    EXPECT_GT(rounded, 16) << dtype;
  }
}

// Whether a finite stand-in for minus infinity can win: the logits of whole rows.
TEST(MlaDecodeModel, LevelRowsLieWhereTheyShould) {
  for (const char* dtype : {"f32", "bf16", "f16"}) {
    std::map<double, int> lowest;
    for (std::int64_t seed = 0; seed < 20; ++seed) {
      Case c(model().schema());
      c.set("dtype", dtype).set("requests", {2, 5}).set("H", 3).set("latent", 4).set("rope", 2);
      c.set("values", "level").set("scale", "0.0625").set("seed", seed);
      const ExpectedTensor lse = oracle().expect(model().materialise(c, "empty")).outputs[1];
      for (const double value : lse.value) {
        for (const double level : {-1e37, -1e29, -9e5, -5.5e4, -4e3, -150.0}) {
          lowest[level] += value < level ? 1 : 0;
        }
        EXPECT_GT(std::fabs(value), 150) << dtype;
      }
    }
    EXPECT_EQ(lowest[-1e29] > 0, std::string_view(dtype) != "f16");
    EXPECT_EQ(lowest[-1e37] > 0, std::string_view(dtype) != "f16");
    EXPECT_GT(lowest[-9e5], 0) << dtype;
    EXPECT_GT(lowest[-5.5e4], lowest[-9e5]) << dtype;
    EXPECT_GT(lowest[-150.0], lowest[-4e3]) << dtype;
    EXPECT_LT(lowest[-150.0], 20 * 2 * 3) << "some lie above";
  }
}

// Values next to the end of the type whose sum over all keys is finite in fp32.
TEST(MlaDecodeModel, LargestValuesAreAndTheirSumsStayFinite) {
  for (const char* dtype : {"f32", "bf16", "f16"}) {
    for (const std::int64_t length : {1, 2, 64}) {
      Case c(model().schema());
      c.set("dtype", dtype).set("requests", {1, length}).set("latent", 8).set("values", "largest");
      const Problem problem = model().materialise(c, "empty");
      const Operand& kv = problem.operand("kv");
      double largest = 0;
      double sum = 0;
      for (const double value : kv.values()) {
        largest = std::max(largest, std::fabs(value));
        sum += std::fabs(value) / 8;
      }
      EXPECT_LT(sum * (1 - 0x1.0p-20), length == 1 ? 3.41e38 : 1.7e38);
      const double room = std::string_view(dtype) == "f16" ? 1 : static_cast<double>(4 * length);
      EXPECT_GT(largest * (length == 1 ? 1 : room), 0.99 * largest_finite(kv.dtype));
    }
  }
}

TEST(MlaDecodeModel, PagesAreShuffledWithoutLosingOne) {
  Case c(model().schema());
  c.set("requests", {1, 40, 1, 7, 1, 0}).set("page", 3).set("spare_pages", 2);
  c.set("placement", 5);
  const Batch batch(field_table().fields(c));
  std::set<std::int64_t> used;
  bool moved = false;
  for (std::int64_t r = 0; r < batch.requests(); ++r) {
    for (std::int64_t column = 0; column < batch.pages_of(r); ++column) {
      const std::int64_t page = batch.physical_page(r, column);
      moved = moved || page != static_cast<std::int64_t>(used.size());
      EXPECT_TRUE(used.insert(page).second);
      EXPECT_LT(page, batch.pages());
    }
  }
  EXPECT_EQ(used.size(), 14U + 3U);
  EXPECT_EQ(batch.pages(), 14 + 3 + 2);
  EXPECT_TRUE(moved);
}

TEST(MlaDecodeModel, RequiredCasesNameTheRealModels) {
  std::set<std::int64_t> heads;
  for (const Case& c : required_cases("mla_decode")) {
    EXPECT_EQ(model().inadmissible(c), "") << c.line();
    if (c.integer("latent") == 512 && c.integer("rope") == 64) heads.insert(c.integer("H"));
  }
  EXPECT_EQ(heads, (std::set<std::int64_t>{8, 16, 128}));
}

using Eigen::ArrayXd;
using Eigen::ArrayXXd;

TEST(DecodeRow, NoKeyIsTheNeutralElement) {
  const Row row = attend(ArrayXd::Ones(3), ArrayXXd(0, 3), {1.0, 4, 2});
  EXPECT_TRUE(row.exact);
  EXPECT_TRUE((row.out == 0).all());
  EXPECT_EQ(row.lse, -INFINITY);
}

TEST(DecodeRow, TwoKeysByHand) {
  // Logits 0 and ln 3: weights 1/4 and 3/4.
  ArrayXXd keys(2, 2);
  keys << 1, 0, 5, std::log(3.0);
  ArrayXd query(2);
  query << 0, 1;
  const Row row = attend(query, keys, {1.0, 1, 1});
  EXPECT_NEAR(row.out[0], 0.25 * 1 + 0.75 * 5, 1e-14);
  EXPECT_NEAR(row.lse, std::log(4.0), 1e-14);
  EXPECT_FALSE(row.exact);
  EXPECT_GT(row.out_error[0], 0);
  EXPECT_LT(row.out_error[0], 2e-5);
  EXPECT_LT(row.lse_error, 5e-6);
}

TEST(DecodeRow, SplittingChangesNothingButTheBound) {
  const ArrayXXd keys = ArrayXXd::Random(37, 9);
  const ArrayXd query = ArrayXd::Random(9);
  const Row whole = attend(query, keys, {0.5, 1, 6});
  const Row parts = attend(query, keys, {0.5, 8, 6});
  EXPECT_LT((whole.out - parts.out).abs().maxCoeff(), 1e-13);
  EXPECT_NEAR(whole.lse, parts.lse, 1e-13);
}

// n keys that are all alike make the same error in each logit, and the LSE takes all of it: its
// bound may not shrink with n.
TEST(DecodeRow, ErrorsOfEqualKeysDoNotAverageOut) {
  const ArrayXd query = 1000 * ArrayXd::Random(9);  // the errors of logits dominate
  const ArrayXXd key = ArrayXXd::Random(1, 9);
  const Row one = attend(query, key, {0.5, 1, 6});
  const Row many = attend(query, key.replicate(64, 1), {0.5, 1, 6});
  EXPECT_GE(many.lse_error, one.lse_error);
}

TEST(DecodeRow, ExactnessNeedsAPowerOfTwoInEqualShares) {
  const auto exact = [](Eigen::Index keys, std::int64_t splits) {
    return attend(ArrayXd::Zero(2), ArrayXXd::Constant(keys, 2, 3.0), {1.0, splits, 2}).exact;
  };
  EXPECT_TRUE(exact(64, 1));
  EXPECT_TRUE(exact(64, 4));
  EXPECT_TRUE(exact(1, 8));
  EXPECT_FALSE(exact(63, 1)) << "the division by 63 rounds";
  EXPECT_FALSE(exact(64, 3)) << "unequal parts have unequal LSEs, whose exponentials round";
}

TEST(DecodeRow, ExactnessNeedsIntegersAndUnderflow) {
  ArrayXXd keys = ArrayXXd::Constant(2, 2, 1.0);
  ArrayXd query(2);
  query << 0, 1;
  keys(1, 1) = -200;  // far enough below to vanish
  Row row = attend(query, keys, {1.0, 1, 1});
  EXPECT_TRUE(row.exact);
  EXPECT_EQ(row.out[0], 1.0);
  keys(1, 1) = -50;
  EXPECT_FALSE(attend(query, keys, {1.0, 1, 1}).exact);
  keys(1, 1) = -200;
  keys(0, 0) = 1.5;
  EXPECT_FALSE(attend(query, keys, {1.0, 1, 1}).exact);
}

TEST(MlaDecodeOracle, CausalRowsSeeOneKeyLessEach) {
  Case c(model().schema());
  // Three tokens, two keys: the first row sees nothing, the last one both.
  c.set("requests", {3, 2}).set("latent", 2).set("values", "ones");
  const Problem problem = model().materialise(c, "empty");
  const Expectation expectation = oracle().expect(problem);
  const ExpectedTensor& out = expectation.outputs[0];
  const ExpectedTensor& lse = expectation.outputs[1];
  EXPECT_EQ(out.value[0], 0);
  EXPECT_EQ(out.bound[0], 0);
  EXPECT_EQ(lse.value[0], -INFINITY);
  EXPECT_NEAR(out.value[2], 1, 1e-14);
  EXPECT_NEAR(out.value[4], 1, 1e-14);
  EXPECT_GT(lse.value[2], lse.value[0]);
  c.set("causal", 0);
  const Expectation all = oracle().expect(model().materialise(c, "empty"));
  EXPECT_NEAR(all.outputs[0].value[0], 1, 1e-14);
}

TEST(MlaDecodeOracle, ZeroQueryGivesTheMeanAndTheLogOfTheCount) {
  Case c(model().schema());
  c.set("requests", {1, 5}).set("latent", 3).set("values", "zero_query");
  const Problem problem = model().materialise(c, "empty");
  const Expectation expectation = oracle().expect(problem);
  const std::vector<double> kv = problem.operand("kv").values();
  double mean = 0;
  for (std::size_t key = 0; key < 5; ++key) mean += kv[key * 3] / 5;
  EXPECT_NEAR(expectation.outputs[0].value[0], mean, 1e-14);
  EXPECT_NEAR(expectation.outputs[1].value[0], std::log(5.0), 1e-14);
}

}  // namespace
}  // namespace mlacheck::mla_decode
