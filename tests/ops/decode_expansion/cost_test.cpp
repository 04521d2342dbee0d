// What a call of decode_expansion costs, by number.
#include "reference/decode_expansion/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::decode_expansion {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

TEST(Cost, UniformExpansionIsOneLaunchAndNoWait) {
  const Problem problem =
      problem_of({shaped("block_table", DType::i32, {118, 2560})}, Parameters{.tokens = 472});
  EXPECT_EQ(cost_of("decode_expansion", "uniform", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("decode_expansion", "generic", problem),
            (Cost{.launches = 3,
                  .allocations = 2,
                  .bytes_allocated = 4 * (472 + 119),
                  .peak_bytes = 4 * (472 + 119)}));
}

}  // namespace
}  // namespace mlacheck::decode_expansion
