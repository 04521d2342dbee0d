// What a call of prefill_context costs, by number.
#include "reference/prefill_context/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

// 1024 tokens of one request with 16 chunks of 1024.
Problem long_context(std::int64_t ranks, std::int64_t heads = 128, std::int64_t context = 16384,
                     std::int64_t interleave = 1) {
  return problem_of(
      {shaped("q", DType::bf16, {1024, heads, 192}), shaped("new_kv", DType::bf16, {1024, 576}),
       shaped("w", DType::bf16, {heads, 512, 256}), shaped("query_start_loc", DType::i32, {2}),
       shaped("out", DType::bf16, {1024, heads, 128})},
      Parameters{.chunk = 1024,
                 .ranks = ranks,
                 .interleave = interleave,
                 .max_context = context,
                 .context_tokens = 1024});
}

struct Model {
  const char* name;
  std::int64_t heads;
  std::uint64_t fresh;    // bytes allocated
  std::uint64_t swapped;  // likewise
  std::uint64_t held;     // at most, by both
  std::uint64_t copied;   // likewise
};

// What the swap saves is 14 of the 15 pairs of 266,240 bytes a head that merges allocate.
TEST(Cost, PrefillOfRealModels) {
  for (const Model& model :
       {Model{"DeepSeek-V2-Lite", 16, 202'506'368, 142'868'608, 39'190'656, 6'291'456},
        Model{"DeepSeek-V3, TP1", 128, 1'611'792'512, 1'134'690'432, 305'266'816, 50'331'648},
        Model{"DeepSeek-V3, TP8", 16, 202'506'368, 142'868'608, 39'190'656, 6'291'456},
        Model{"Kimi-K2, TP8", 8, 101'843'072, 72'024'192, 20'185'216, 3'145'728}}) {
    SCOPED_TRACE(model.name);
    const Cost fresh = cost_of("prefill_context", "fresh", long_context(1, model.heads));
    const Cost swapped = cost_of("prefill_context", "swapped", long_context(1, model.heads));
    EXPECT_EQ(fresh.launches, 84U);
    EXPECT_EQ(swapped.launches, 84U);
    EXPECT_EQ(fresh.allocations, 70U);
    EXPECT_EQ(swapped.allocations, 42U);
    EXPECT_EQ(fresh.bytes_allocated, model.fresh);
    EXPECT_EQ(swapped.bytes_allocated, model.swapped);
    EXPECT_EQ(fresh.peak_bytes, model.held);
    EXPECT_EQ(swapped.peak_bytes, model.held);
    EXPECT_EQ(fresh.bytes_copied, model.copied);
    EXPECT_EQ(swapped.bytes_copied, model.copied);
    EXPECT_EQ(fresh.bytes_filled, 0U);
    EXPECT_EQ(swapped.bytes_filled, 0U);
  }
}

TEST(Cost, RanksGatherOneByOne) {
  const Cost one = cost_of("prefill_context", "swapped", long_context(1));
  const Cost four = cost_of("prefill_context", "swapped", long_context(4));
  EXPECT_EQ(four.launches, one.launches + 16 * 4);
  EXPECT_EQ(four.allocations, one.allocations + 1);
  EXPECT_EQ(four.bytes_allocated, one.bytes_allocated + 1024 * 576 * 2);
}

// Of a round of the interleave only the tokens that there are: 3 of 64 on the first of 8 ranks.
TEST(Cost, RowsThatNoRankCanHoldTakeNoMemory) {
  const Cost narrow = cost_of("prefill_context", "fresh", long_context(8, 2, 3, 3));
  const Cost wide = cost_of("prefill_context", "fresh", long_context(8, 2, 3, 64));
  EXPECT_EQ(wide, narrow);
  const std::uint64_t rows = 8 * 3;
  const std::uint64_t made = 2 * 2 * (256 + 192);  // keys and values of a row
  const std::uint64_t states = 1024 * 2 * (192 * 2 + 4);
  EXPECT_EQ(wide.bytes_allocated, 1024 * made + 4 * 2 + rows * (2 * 576 * 2 + made) + 2 * states);
}

}  // namespace
}  // namespace mlacheck::prefill_context
