// What a call of mla_decode costs, by number.
#include "reference/mla_decode/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::mla_decode {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

TEST(Cost, DecodeFillsOnlyWhereItSaysSo) {
  const auto in_splits = [](std::int64_t splits) {
    return problem_of({shaped("out", DType::bf16, {32, 16, 512})},
                      Parameters{.latent = 512, .splits = splits});
  };
  EXPECT_EQ(cost_of("mla_decode", "empty", in_splits(1)), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("mla_decode", "zero_filled", in_splits(1)),
            (Cost{.launches = 2, .bytes_filled = 524'288}));
  for (const char* variant : {"empty", "async"}) {
    EXPECT_EQ(cost_of("mla_decode", variant, in_splits(8)), (Cost{.launches = 2,
                                                                  .allocations = 2,
                                                                  .bytes_allocated = 8'404'992,
                                                                  .peak_bytes = 8'404'992}));
  }
}

}  // namespace
}  // namespace mlacheck::mla_decode
