// What a call of merge_states costs, by number.
#include "reference/merge_states/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::merge_states {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

TEST(Cost, MergeCopiesTokensWithoutContext) {
  EXPECT_EQ(cost_of("merge_states", "vectorized",
                    problem_of({shaped("out", DType::f32, {10, 16, 128}),
                                shaped("lse_out", DType::f32, {16, 10})},
                               Parameters{7})),
            (Cost{.launches = 1, .bytes_copied = 3 * 16 * (512 + 4)}));
}

}  // namespace
}  // namespace mlacheck::merge_states
