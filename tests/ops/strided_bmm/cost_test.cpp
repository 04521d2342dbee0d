// What a call of strided_bmm costs, by number.
#include "tests/support/cost_contract.hpp"

namespace mlacheck::strided_bmm {
namespace {

using testing_support::cost_of;
using testing_support::shaped;

TEST(Cost, StridedProductHasNoTemporary) {
  Problem problem;
  problem.operands = {shaped("out", DType::bf16, {64, 128, 128})};
  EXPECT_EQ(cost_of("strided_bmm", "strided", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("strided_bmm", "async", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("strided_bmm", "copy", problem), (Cost{.launches = 2,
                                                           .allocations = 1,
                                                           .bytes_allocated = 2'097'152,
                                                           .peak_bytes = 2'097'152,
                                                           .bytes_copied = 2'097'152}));
}

}  // namespace
}  // namespace mlacheck::strided_bmm
