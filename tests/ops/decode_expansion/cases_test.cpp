// The model and the oracle of decode_expansion.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/decode_expansion/fields.hpp"
#include "properties/decode_expansion/model.hpp"
#include "reference/decode_expansion/oracle.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::decode_expansion {
namespace {

using Integers = std::vector<std::int64_t>;

std::vector<Case> drawn_cases(int count) { return testing_support::drawn_cases(model(), count); }

// Requests as tokens and length of each.
Case make_case(Integers requests, std::int64_t columns) {
  Case c(model().schema());
  c.set("requests", std::move(requests)).set("W", columns);
  return c;
}

std::vector<Request> requests_of(const Case& c) { return field_table().fields(c).requests; }

const ExpectedTensor& expected(const Expectation& expectation, std::string_view operand) {
  for (const ExpectedTensor& tensor : expectation.outputs) {
    if (tensor.operand == operand) return tensor;
  }
  throw std::out_of_range("the oracle says nothing about " + std::string(operand));
}

std::vector<double> expected_lengths(const Case& c) {
  const Problem problem = model().materialise(c, "generic");
  const Expectation expectation = oracle().expect(problem);
  return expected(expectation, "expanded_seq_lens").value;
}

std::vector<std::uint32_t> live_bits(const Operand& operand) {
  std::vector<std::uint32_t> bits = operand.bits;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (operand.cell(i) == Cell::dead) bits[i] = 0;
  }
  return bits;
}

TEST(DecodeExpansionModel, DrawsReachEveryClass) {
  const std::map<std::string, std::function<bool(const Case&, const Problem&)>> classes{
      {"no request", [](const Case& c, const Problem&) { return requests_of(c).empty(); }},
      {"one request", [](const Case& c, const Problem&) { return requests_of(c).size() == 1; }},
      {"one more request than the scan's chunk",
       [](const Case& c, const Problem&) { return requests_of(c).size() == 129; }},
      {"no token", [](const Case&, const Problem& p) { return p.integer("tokens") == 0; }},
      {"one more row than a block of threads",
       [](const Case&, const Problem& p) { return p.integer("tokens") == 129; }},
      {"requests, and no token",
       [](const Case& c, const Problem& p) {
         return !requests_of(c).empty() && p.integer("max_decode_len") == 0;
       }},
      {"ragged",
       [](const Case&, const Problem& p) {
         return p.integer("min_decode_len") < p.integer("max_decode_len");
       }},
      {"a request without tokens beside others",
       [](const Case&, const Problem& p) {
         return p.integer("min_decode_len") == 0 && p.integer("max_decode_len") > 1;
       }},
      {"padding", [](const Case& c, const Problem&) { return c.integer("padding") > 0; }},
      {"more padding than tokens",
       [](const Case&, const Problem& p) {
         return p.integer("tokens") > 2 * p.integer("decode_tokens") &&
                p.integer("decode_tokens") > 0;
       }},
      {"clamped length",
       [](const Case& c, const Problem& p) {
         const auto lens = p.operand("decode_lens").values();
         for (std::size_t r = 0; r < lens.size(); ++r) {
           if (static_cast<double>(requests_of(c)[r].length) + 1 < lens[r]) return true;
         }
         return false;
       }},
      {"length 0",
       [](const Case& c, const Problem& p) {
         const auto lens = p.operand("decode_lens").values();
         for (std::size_t r = 0; r < lens.size(); ++r) {
           if (requests_of(c)[r].length == 0 && lens[r] > 0) return true;
         }
         return false;
       }},
      {"a full table row of several pages",
       [](const Case& c, const Problem& p) {
         const std::int64_t most = c.integer("W") * p.integer("page_size");
         return c.integer("W") > 1 &&
                std::ranges::any_of(requests_of(c),
                                    [&](const Request& request) { return request.length == most; });
       }},
      {"no column", [](const Case& c, const Problem&) { return c.integer("W") == 0; }},
      {"one column less than a chunk",
       [](const Case& c, const Problem&) { return c.integer("W") == 127; }},
      {"one column more than a chunk",
       [](const Case& c, const Problem&) { return c.integer("W") == 129; }},
      {"one column more than a narrow chunk",
       [](const Case& c, const Problem&) { return c.integer("W") == 33; }},
      {"destination as wide as the source's stride",
       [](const Case& c, const Problem&) {
         return c.integer("block_table.gap") > 0 &&
                c.integer("spare_columns") == c.integer("block_table.gap");
       }},
      {"destination wider than the source's stride",
       [](const Case& c, const Problem&) {
         return c.integer("block_table.gap") > 0 &&
                c.integer("spare_columns") == c.integer("block_table.gap") + 1;
       }},
      {"poisoned table tail",
       [](const Case& c, const Problem&) { return c.choice("block_table.tail") == "poison"; }},
      {"base offset", [](const Case& c, const Problem&) { return c.integer("base") > 0; }},
      {"page of 16", [](const Case& c, const Problem&) { return c.choice("page") == "16"; }},
      {"page of 64", [](const Case& c, const Problem&) { return c.choice("page") == "64"; }},
      {"device lengths",
       [](const Case&, const Problem& p) { return p.integer("lens_exact") == 0; }},
      {"spare rows", [](const Case& c, const Problem&) { return c.integer("spare_rows") > 0; }},
      {"misaligned",
       [](const Case& c, const Problem&) { return c.integer("block_table.offset") % 4 != 0; }},
      {"all dense",
       [](const Case& c, const Problem&) {
         for (const std::string table : {"block_table", "expanded_block_table"}) {
           if (c.integer(table + ".gap") + c.integer(table + ".offset") > 0) return false;
         }
         return true;
       }},
  };
  std::map<std::string, int> hits;
  int uniform = 0;
  const std::vector<Case> cases = drawn_cases(1000);
  for (const Case& c : cases) {
    const Problem problem = model().materialise(c, "generic");
    for (const auto& [name, belongs] : classes) hits[name] += belongs(c, problem) ? 1 : 0;
    const bool even = problem.integer("min_decode_len") == problem.integer("max_decode_len");
    uniform += even && problem.integer("lens_exact") == 1 ? 1 : 0;
    EXPECT_EQ(problem.integer("lens_exact") == 1, c.list("device_tokens").empty());
  }
  for (const auto& [name, belongs] : classes) EXPECT_GT(hits[name], 0) << name;
  EXPECT_GE(uniform, 600);
}

TEST(DecodeExpansionModel, CellsOfASmallCase) {
  // Two requests with one and no token, a padding row, a spare row; W = 2, one column more.
  Case c = make_case({1, 1, 0, 1}, 2);
  c.set("padding", 1).set("spare_rows", 1).set("spare_columns", 1);
  c.set("block_table.tail", "poison");
  const Problem problem = model().materialise(c, "generic");
  constexpr Cell L = Cell::live;
  constexpr Cell O = Cell::optional;
  constexpr Cell D = Cell::dead;
  EXPECT_EQ(problem.operand("seq_lens").cells, (std::vector<Cell>{L, D}));
  EXPECT_EQ(problem.operand("block_table").cells, (std::vector<Cell>{L, D, D, D}));
  EXPECT_EQ(problem.operand("expanded_seq_lens").cells, (std::vector<Cell>{L, L, D}));
  EXPECT_EQ(problem.operand("expanded_decode_lens").cells, (std::vector<Cell>{L, L, D}));
  EXPECT_EQ(problem.operand("expanded_block_table").cells,
            (std::vector<Cell>{L, O, D, L, D, D, D, D, D}));
  c.set("block_table.tail", "stale");
  EXPECT_EQ(model().materialise(c, "generic").operand("expanded_block_table").cells,
            (std::vector<Cell>{L, L, D, L, D, D, D, D, D}));
}

TEST(DecodeExpansionModel, AConsumerReadsLiveCellsOnly) {
  std::vector<Case> cases = required_cases("decode_expansion");
  for (Case& c : drawn_cases(200)) cases.push_back(std::move(c));
  for (const Case& c : cases) {
    SCOPED_TRACE(c.line());
    const Problem problem = model().materialise(c, "generic");
    const std::vector<double> lengths = expected_lengths(c);
    const Operand& table = problem.operand("expanded_block_table");
    const std::int64_t width = table.layout.shape[1];
    const std::int64_t page = problem.integer("page_size");
    for (std::int64_t row = 0; row < problem.integer("tokens"); ++row) {
      const auto length = static_cast<std::int64_t>(lengths[static_cast<std::size_t>(row)]);
      for (std::int64_t column = 0; column * page < length; ++column) {
        ASSERT_EQ(table.cell(static_cast<std::size_t>(row * width + column)), Cell::live)
            << "row " << row << ", column " << column;
      }
    }
  }
}

TEST(DecodeExpansionModel, RefusesARequestThatItsTableCannotHold) {
  Case c = make_case({1, 65}, 1);
  c.set("page", "64");
  EXPECT_EQ(model().inadmissible(c), "W: 1 pages of 64 tokens do not hold 65 tokens");
  EXPECT_EQ(model().inadmissible(c.set("W", 2)), "");
}

TEST(DecodeExpansionModel, PageIdsStayInThePoolAndNameTheirPlace) {
  Case c = make_case({1, 3, 1, 3}, 3);
  EXPECT_EQ(live_bits(model().materialise(c, "generic").operand("block_table")),
            (std::vector<std::uint32_t>{1, 2, 3, 65537, 65538, 65539}));
  for (const Case& drawn : drawn_cases(100)) {
    const Problem problem = model().materialise(drawn, "generic");
    for (const std::uint32_t page : problem.operand("block_table").bits) {
      EXPECT_GT(page, 0U);
      EXPECT_LT(page, kPoolPages);
    }
  }
}

TEST(DecodeExpansionOracle, LengthsOfHandComputedCases) {
  using Values = std::vector<double>;
  EXPECT_EQ(expected_lengths(make_case({3, 10, 3, 7, 3, 12}, 12)),
            (Values{8, 9, 10, 5, 6, 7, 10, 11, 12}));
  EXPECT_EQ(expected_lengths(make_case({4, 10, 4, 0}, 10)), (Values{7, 8, 9, 10, 0, 0, 0, 0}));
  EXPECT_EQ(expected_lengths(make_case({4, 10, 4, 2}, 10)), (Values{7, 8, 9, 10, 0, 0, 1, 2}));

  Case ragged = make_case({3, 10, 1, 7, 4, 12, 0, 0}, 12);
  ragged.set("padding", 2).set("base", 1000);
  EXPECT_EQ(expected_lengths(ragged), (Values{8, 9, 10, 7, 9, 10, 11, 12, 0, 0}));

  Case adaptive = make_case({2, 10, 2, 10}, 10);
  adaptive.set("device_tokens", Integers{3, 1});
  EXPECT_EQ(expected_lengths(adaptive), (Values{8, 9, 10, 10}));
  adaptive.set("device_tokens", Integers{1, 0});
  EXPECT_EQ(expected_lengths(adaptive), (Values{10, 0, 0, 0}));
  // More tokens than rows: the excess is cut off.
  adaptive.set("device_tokens", Integers{3, 3});
  EXPECT_EQ(expected_lengths(adaptive), (Values{8, 9, 10, 8}));

  Case speculative = make_case({8, 32}, 32);
  EXPECT_EQ(expected_lengths(speculative), (Values{25, 26, 27, 28, 29, 30, 31, 32}));
  // Over a cache that holds one entry for every four tokens, consumers divide and round down.
  Values compressed = expected_lengths(speculative);
  for (double& length : compressed) length = std::floor(length / 4);
  EXPECT_EQ(compressed, (Values{6, 6, 6, 7, 7, 7, 7, 8}));
}

TEST(DecodeExpansionOracle, RowsOfTheTableAndOnes) {
  Case c = make_case({2, 2, 0, 5, 1, 3}, 2);
  c.set("page", "16").set("padding", 1).set("spare_columns", 1);
  const Problem problem = model().materialise(c, "generic");
  const Expectation expectation = oracle().expect(problem);
  EXPECT_EQ(expected(expectation, "expanded_block_table").value,
            (std::vector<double>{1, 2, 0, 1, 2, 0, 131073, 131074, 0, 0, 0, 0}));
  EXPECT_EQ(expected(expectation, "expanded_decode_lens").value, (std::vector<double>{1, 1, 1, 1}));
  for (const ExpectedTensor& tensor : expectation.outputs) {
    EXPECT_EQ(tensor.bound, std::vector<double>(tensor.value.size(), 0.0));
  }
}

}  // namespace
}  // namespace mlacheck::decode_expansion
