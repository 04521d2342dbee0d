// What a call of output_step costs, by number, at the sizes of real models.
#include "reference/output_step/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::output_step {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

// 64 tokens, MXFP4 up to the output projection.
Problem step_of(std::int64_t heads, std::int64_t columns, Projection projection) {
  const std::int64_t row = heads * 128;
  std::vector<Operand> operands{shaped("latent_out", DType::bf16, {64, heads, 512}),
                                shaped("w_uv", DType::u8, {heads, 128, 256}),
                                shaped("values", DType::bf16, {64, row}),
                                shaped("out", DType::bf16, {64, columns})};
  return problem_of(std::move(operands), Parameters{.projection = projection});
}

struct Model {
  const char* name;
  std::int64_t heads;
  std::int64_t columns;
  std::uint64_t values;  // bytes
};

TEST(Cost, OutputStepOfRealModels) {
  for (const Model& model :
       {Model{"DeepSeek-V2-Lite", 16, 2048, 262'144},
        Model{"DeepSeek-V3, TP1", 128, 7168, 2'097'152},
        Model{"DeepSeek-V3, TP8", 16, 7168, 262'144}, Model{"Kimi-K2, TP8", 8, 7168, 131'072}}) {
    SCOPED_TRACE(model.name);
    for (const Projection projection : {Projection::mxfp4, Projection::fp8}) {
      const Problem step = step_of(model.heads, model.columns, projection);
      EXPECT_EQ(cost_of("output_step", "optimised", step), (Cost{.launches = 3}));
      EXPECT_EQ(cost_of("output_step", "plain", step), (Cost{.launches = 5,
                                                             .allocations = 2,
                                                             .bytes_allocated = 2 * model.values,
                                                             .peak_bytes = model.values,
                                                             .bytes_copied = 2 * model.values}));
    }
    const Problem step = step_of(model.heads, model.columns, Projection::plain);
    EXPECT_EQ(cost_of("output_step", "optimised", step), (Cost{.launches = 2}));
    EXPECT_EQ(cost_of("output_step", "plain", step).bytes_copied, model.values);
    EXPECT_EQ(cost_of("output_step", "plain", step).launches, 3U);
  }
}

}  // namespace
}  // namespace mlacheck::output_step
