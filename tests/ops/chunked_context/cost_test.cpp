// What a call of chunked_context costs, by number.
#include "reference/chunked_context/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::chunked_context {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

TEST(Cost, FoldOfSixteenChunks) {
  // 1024 tokens, 128 heads of 128: 32 MiB of bf16 values and 512 KiB of LSEs a pair.
  const auto fold = [](const char* variant) {
    return cost_of(
        "chunked_context", variant,
        problem_of({shaped("out", DType::bf16, {1024, 128, 128})}, Parameters{16, 1024}));
  };
  EXPECT_EQ(fold("fresh"), (Cost{.launches = 16,
                                 .allocations = 30,
                                 .bytes_allocated = 511'180'800,
                                 .peak_bytes = 68'157'440}));
  EXPECT_EQ(fold("swapped"), (Cost{.launches = 16,
                                   .allocations = 2,
                                   .bytes_allocated = 34'078'720,
                                   .peak_bytes = 34'078'720}));
}

TEST(Cost, OneChunkIsMergedStraightIntoTheBuffer) {
  for (const char* variant : {"fresh", "swapped"}) {
    EXPECT_EQ(cost_of("chunked_context", variant,
                      problem_of({shaped("out", DType::f16, {8, 4, 32})}, Parameters{1, 6})),
              (Cost{.launches = 1, .bytes_copied = 2 * 4 * 32 * 2}));
  }
}

}  // namespace
}  // namespace mlacheck::chunked_context
