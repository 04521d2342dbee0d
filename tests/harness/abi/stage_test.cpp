// Copies of operands that a kernel cannot take as they are (harness/abi/stage.hpp).
#include "harness/abi/stage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace mlacheck::adapt {
namespace {

// Hands out scratch that is full of sevens, and remembers it.
struct Scratch : mlacheck_context {
  explicit Scratch(bool denies = false) : mlacheck_context{} {
    harness = this;
    allocate = denies ? [](mlacheck_context*, const char*, DLDataType, std::int32_t,
                           const std::int64_t*, DLTensor*) { return 1; }
                      : &give;
  }
  static std::int32_t give(mlacheck_context* self, const char*, DLDataType dtype, std::int32_t ndim,
                           const std::int64_t* shape, DLTensor* out) {
    auto& block =
        *static_cast<Scratch*>(self->harness)->blocks.emplace_back(std::make_unique<Block>());
    block.shape.assign(shape, shape + ndim);
    block.strides.assign(static_cast<std::size_t>(ndim), 1);
    for (int axis = ndim - 1; axis-- > 0;) {
      const auto i = static_cast<std::size_t>(axis);
      block.strides[i] = block.strides[i + 1] * block.shape[i + 1];
    }
    block.memory.assign(256, 7);
    out->data = block.memory.data();
    out->dtype = dtype;
    out->ndim = ndim;
    out->shape = block.shape.data();
    out->strides = block.strides.data();
    out->byte_offset = 0;
    return 0;
  }

  struct Block {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    std::vector<float> memory;
  };
  std::vector<std::unique_ptr<Block>> blocks;
};

// 2 x 3 out of a field of 2 x 4 rows of 5, counted up.
struct Strided {
  alignas(64) std::array<float, 40> memory{};
  std::array<std::int64_t, 2> shape{2, 3};
  std::array<std::int64_t, 2> strides{20, 5};
  DLTensor tensor{};

  Strided() {
    std::iota(memory.begin(), memory.end(), 0.0f);
    tensor.data = memory.data();
    tensor.ndim = 2;
    tensor.dtype = {kDLFloat, 32, 1};
    tensor.shape = shape.data();
    tensor.strides = strides.data();
  }
};

TEST(Stage, AnOperandThatIsDenseAndAlignedIsTakenAsItIs) {
  Strided field;
  field.strides = {3, 1};
  Scratch context;
  const Staged staged(&context, field.tensor, "x", Access::read, copy_on_host);
  EXPECT_EQ(staged.tensor().data, field.memory.data());
  EXPECT_FALSE(staged.is_copy());
  EXPECT_TRUE(context.blocks.empty());
}

TEST(Stage, AnotherLayoutAndAnotherAddressAreCopied) {
  Strided field;
  Scratch context;
  const Staged staged(&context, field.tensor, "x", Access::read, copy_on_host);
  ASSERT_TRUE(staged.is_copy());
  const auto* const copy = data<float>(staged.tensor());
  EXPECT_EQ(std::vector<float>(copy, copy + 6), (std::vector<float>{0, 5, 10, 20, 25, 30}));
  EXPECT_EQ(copy[6], 7) << "and nothing more";

  Strided odd;
  odd.strides = {3, 1};
  odd.tensor.byte_offset = 4;
  const Staged moved(&context, odd.tensor, "x", Access::read, copy_on_host);
  ASSERT_TRUE(moved.is_copy());
  EXPECT_EQ(data<float>(moved.tensor())[5], 6);
  EXPECT_FALSE(Staged(&context, odd.tensor, "x", Access::read, copy_on_host, 4).is_copy());
}

TEST(Stage, AnOutputGoesBackWhereItCameFromAndKeepsWhatNobodyWrote) {
  Strided field;
  Scratch context;
  const Staged staged(&context, field.tensor, "out", Access::write, copy_on_host);
  data<float>(staged.tensor())[4] = -1;
  EXPECT_EQ(field.memory[25], 25) << "not yet";
  staged.finish();
  for (std::size_t i = 0; i < field.memory.size(); ++i) {
    EXPECT_EQ(field.memory[i], i == 25 ? -1.0f : static_cast<float>(i)) << i;
  }
}

TEST(Stage, AnInputIsNotWrittenBack) {
  Strided field;
  Scratch context;
  const Staged staged(&context, field.tensor, "x", Access::read, copy_on_host);
  data<float>(staged.tensor())[4] = -1;
  staged.finish();
  EXPECT_EQ(field.memory[25], 25);
}

TEST(Stage, WithoutScratchTheCallEnds) {
  Strided field;
  Scratch context(true);
  try {
    const Staged staged(&context, field.tensor, "prefix_out", Access::read, copy_on_host);
    FAIL() << "it was made of nothing";
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.status(), MLACHECK_OUT_OF_MEMORY);
    EXPECT_STREQ(refusal.what(), "no scratch for a copy of prefix_out");
  }
}

TEST(Stage, ACopyThatFailsEndsTheCall) {
  Strided field;
  Scratch context;
  const Copier fails = [](mlacheck_context*, const StridedCopy&) { return false; };
  EXPECT_THROW(Staged(&context, field.tensor, "x", Access::read, fails), Refusal);
}

}  // namespace
}  // namespace mlacheck::adapt
