// What a call of decode_step costs, by number, at the sizes of real models.
#include "reference/decode_step/parameters.hpp"
#include "tests/support/cost_contract.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::cost_of;
using testing_support::problem_of;
using testing_support::shaped;

// 64 requests of two tokens each, 512 columns of block table.
Problem step_of(std::int64_t heads) {
  return problem_of(
      {shaped("q_nope", DType::bf16, {128, heads, 128}),
       shaped("q_rope", DType::bf16, {128, heads, 64}),
       shaped("w_uk", DType::bf16, {heads, 128, 512}), shaped("seq_lens", DType::i32, {64}),
       shaped("block_table", DType::i32, {64, 512}), shaped("out", DType::bf16, {128, heads, 128})},
      Parameters{.decode_tokens = 128, .min_decode_len = 2, .max_decode_len = 2, .splits = 4});
}

struct Model {
  const char* name;
  std::int64_t heads;
  std::uint64_t allocated;  // bytes, by `optimised`
  std::uint64_t saved;      // neither allocated nor copied any more
};

// Saved are two products, [H, T, latent] and [H, T, V] in bf16, and the lists of the generic expansion.
TEST(Cost, DecodeStepOfRealModels) {
  for (const Model& model : {Model{"DeepSeek-V2-Lite", 16, 21'538'308, 2'621'440},
                             Model{"DeepSeek-V3, TP1", 128, 170'460'676, 20'971'520},
                             Model{"DeepSeek-V3, TP8", 16, 21'538'308, 2'621'440},
                             Model{"Kimi-K2, TP8", 8, 10'900'996, 1'310'720}}) {
    SCOPED_TRACE(model.name);
    const Cost plain = cost_of("decode_step", "plain", step_of(model.heads));
    const Cost optimised = cost_of("decode_step", "optimised", step_of(model.heads));
    EXPECT_EQ(plain.launches, 12U);
    EXPECT_EQ(optimised.launches, 7U);
    EXPECT_EQ(plain.allocations, 13U);
    EXPECT_EQ(optimised.allocations, 9U);
    EXPECT_EQ(optimised.bytes_allocated, model.allocated);
    EXPECT_EQ(optimised.peak_bytes, model.allocated);
    EXPECT_EQ(plain.peak_bytes, model.allocated);
    EXPECT_EQ(plain.bytes_allocated - optimised.bytes_allocated, model.saved + 4 * (128 + 64 + 1));
    EXPECT_EQ(plain.bytes_copied - optimised.bytes_copied, model.saved);
    EXPECT_EQ(plain.bytes_filled, 128U * static_cast<std::uint64_t>(model.heads) * 512 * 2);
    EXPECT_EQ(optimised.bytes_filled, 0U);
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
