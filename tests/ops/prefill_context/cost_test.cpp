// What a call of prefill_context costs, by number.
#include "reference/prefill_context/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

// DeepSeek-V3 on one rank: 1024 tokens of one request, 128 heads, 16 chunks of 1024.
Problem long_context(std::int64_t ranks) {
  return problem_of(
      {shaped("q", DType::bf16, {1024, 128, 192}), shaped("new_kv", DType::bf16, {1024, 576}),
       shaped("w", DType::bf16, {128, 512, 256}), shaped("query_start_loc", DType::i32, {2}),
       shaped("out", DType::bf16, {1024, 128, 128})},
      Parameters{.chunk = 1024, .ranks = ranks, .max_context = 16384, .context_tokens = 1024});
}

// What the swap saves is 14 of the 15 pairs of 34,078,720 bytes that merges allocate.
TEST(Cost, SixteenChunksOfPrefill) {
  constexpr std::uint64_t kPair = 34'078'720;
  const Cost fresh = cost_of("prefill_context", "fresh", long_context(1));
  const Cost swapped = cost_of("prefill_context", "swapped", long_context(1));
  EXPECT_EQ(fresh.launches, 84U);
  EXPECT_EQ(swapped.launches, 84U);
  EXPECT_EQ(fresh.allocations, 70U);
  EXPECT_EQ(swapped.allocations, 42U);
  EXPECT_EQ(fresh.bytes_allocated - swapped.bytes_allocated, 14 * kPair);
  EXPECT_EQ(fresh.peak_bytes, swapped.peak_bytes);
  EXPECT_EQ(fresh.bytes_copied, 50'331'648U);
}

TEST(Cost, RanksGatherOneByOne) {
  const Cost one = cost_of("prefill_context", "swapped", long_context(1));
  const Cost four = cost_of("prefill_context", "swapped", long_context(4));
  EXPECT_EQ(four.launches, one.launches + 16 * 4);
  EXPECT_EQ(four.allocations, one.allocations + 1);
  EXPECT_EQ(four.bytes_allocated, one.bytes_allocated + 1024 * 576 * 2);
}

}  // namespace
}  // namespace mlacheck::prefill_context
