// What a plug-in's helpers answer (harness/abi/adapt.hpp), on calls made by hand.
#include "harness/abi/adapt.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace mlacheck::adapt {
namespace {

struct Made {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  DLDataType dtype{kDLFloat, 32, 1};
  std::uint64_t offset = 0;

  DLTensor tensor(void* data = nullptr) {
    DLTensor result{};
    result.data = data;
    result.device = {kDLCPU, 0};
    result.ndim = static_cast<std::int32_t>(shape.size());
    result.dtype = dtype;
    result.shape = shape.data();
    result.strides = strides.data();
    result.byte_offset = offset;
    return result;
  }
};

// Status and message of a body.
struct Ended {
  mlacheck_status status;
  std::string message;
};

template <class Body>
Ended ended(Body body) {
  static std::string said;
  said.clear();
  mlacheck_context context{};
  context.set_error = [](mlacheck_context*, const char* message) { said = message; };
  const mlacheck_status status = guarded(&context, body);
  return {status, said};
}

struct Example {
  Made x{{2, 3}, {3, 1}};
  std::array<float, 6> memory{};
  std::array<mlacheck_operand, 1> operands{
      mlacheck_operand{"x", x.tensor(memory.data()), MLACHECK_E4M3FN, 0}};
  std::array<mlacheck_integer, 2> integers{mlacheck_integer{"splits", 4}, {"causal", 0}};
  std::array<mlacheck_real, 1> reals{mlacheck_real{"scale", 0.5}};
  mlacheck_call call{1, 2, 1, 0, operands.data(), integers.data(), reals.data()};
};

TEST(Adapt, FindsArgumentsByName) {
  Example example;
  const Call call(example.call);
  EXPECT_EQ(call.find("x"), &example.operands[0].tensor);
  EXPECT_EQ(&call.tensor("x"), &example.operands[0].tensor);
  EXPECT_EQ(call.format("x"), MLACHECK_E4M3FN);
  EXPECT_EQ(call.find("y"), nullptr);
  EXPECT_EQ(call.find("x_scales"), nullptr) << "no prefix will do";
  EXPECT_EQ(call.integer("splits"), 4);
  EXPECT_EQ(call.integer("causal", 7), 0) << "a zero is there";
  EXPECT_EQ(call.integer("page", 7), 7);
  EXPECT_EQ(call.real("scale"), 0.5);
  EXPECT_EQ(call.real("limit", 2.5), 2.5);
}

TEST(Adapt, WhatIsNotThereEndsTheCallByName) {
  Example example;
  const Call call(example.call);
  const auto told = [&](const auto& ask) {
    const Ended end = ended(ask);
    EXPECT_EQ(end.status, MLACHECK_INVALID_ARGUMENT);
    return end.message;
  };
  EXPECT_EQ(told([&] { call.tensor("out"); }), "the call has no argument out");
  EXPECT_EQ(told([&] { call.format("out"); }), "the call has no argument out");
  EXPECT_EQ(told([&] { call.integer("scale"); }), "the call has no argument scale");
  EXPECT_EQ(told([&] { call.real("splits"); }), "the call has no argument splits");
}

TEST(Adapt, GuardedHandsStatusesOnAndLetsOtherExceptionsPass) {
  EXPECT_EQ(ended([] {}).status, MLACHECK_OK);
  const Ended end = ended([] { unsupported("only heads of 128"); });
  EXPECT_EQ(end.status, MLACHECK_UNSUPPORTED);
  EXPECT_EQ(end.message, "only heads of 128");
  EXPECT_EQ(ended([] { refuse(MLACHECK_LAUNCH_FAILED, "no"); }).status, MLACHECK_LAUNCH_FAILED);
  EXPECT_THROW(ended([] { throw std::runtime_error("other"); }), std::runtime_error);
}

TEST(Adapt, NamesElementTypes) {
  const auto named = [](DLDataType dtype) {
    Made made{{1}, {1}, dtype};
    return std::string(name_of(type_of(made.tensor())));
  };
  EXPECT_EQ(named({kDLFloat, 32, 1}), "f32");
  EXPECT_EQ(named({kDLFloat, 16, 1}), "f16");
  EXPECT_EQ(named({kDLBfloat, 16, 1}), "bf16");
  EXPECT_EQ(named({kDLInt, 32, 1}), "i32");
  EXPECT_EQ(named({kDLUInt, 8, 1}), "u8");
  for (const DLDataType foreign : {DLDataType{kDLFloat, 64, 1}, DLDataType{kDLInt, 64, 1},
                                   DLDataType{kDLUInt, 8, 4}, DLDataType{kDLBfloat, 32, 1}}) {
    EXPECT_EQ(named(foreign), "a type of another interface");
  }
}

TEST(Adapt, AStrideAlongOneElementIsThatOfADenseTensor) {
  Made made{{4, 1, 3}, {3, 70000, 1}};
  const DLTensor tensor = made.tensor();
  EXPECT_EQ(stride(tensor, 0), 3);
  EXPECT_EQ(stride(tensor, 1), 3);
  EXPECT_EQ(stride(tensor, 2), 1);
  EXPECT_TRUE(is_dense(tensor));
  DLTensor without = tensor;
  without.strides = nullptr;
  EXPECT_EQ(stride(without, 0), 3) << "null strides mean dense, by DLPack";
}

TEST(Adapt, DenseMeansRowMajorWithoutGaps) {
  const auto dense = [](std::vector<std::int64_t> shape, std::vector<std::int64_t> strides) {
    Made made{std::move(shape), std::move(strides)};
    return is_dense(made.tensor());
  };
  EXPECT_TRUE(dense({2, 3}, {3, 1}));
  EXPECT_FALSE(dense({2, 3}, {4, 1})) << "a gap";
  EXPECT_FALSE(dense({2, 3}, {1, 2})) << "columns";
  EXPECT_FALSE(dense({2, 3}, {0, 1})) << "one row twice";
  EXPECT_TRUE(dense({2, 0}, {9, 9})) << "nothing at all";
  EXPECT_TRUE(dense({}, {}));
  const auto rows = [](std::vector<std::int64_t> shape, std::vector<std::int64_t> strides) {
    Made made{std::move(shape), std::move(strides)};
    return has_dense_rows(made.tensor());
  };
  EXPECT_TRUE(rows({2, 3}, {40, 1}));
  EXPECT_FALSE(rows({2, 3}, {3, 2}));
  EXPECT_TRUE(rows({2, 1}, {3, 2}));
}

TEST(Adapt, TextsSayTypeShapeAndStrides) {
  Made dense{{2, 3}, {3, 1}};
  EXPECT_EQ(text_of(dense.tensor()), "f32[2,3]");
  Made strided{{2, 3}, {8, 1}, {kDLBfloat, 16, 1}};
  EXPECT_EQ(text_of(strided.tensor()), "bf16[2,3] strides [8,1]");
}

TEST(Adapt, DataIncludesTheOffsetAndHasTheSizeOfAnElement) {
  std::array<float, 4> memory{};
  Made made{{2}, {1}, {kDLFloat, 32, 1}, 8};
  const DLTensor tensor = made.tensor(memory.data());
  EXPECT_EQ(data<float>(tensor), &memory[2]);
  EXPECT_EQ(data<float>(made.tensor()), nullptr);
  EXPECT_EQ(ended([&] { data<std::uint16_t>(tensor); }).message,
            "elements of 2 bytes are needed, not f32[2]");
  EXPECT_EQ(is_aligned(tensor, 16), reinterpret_cast<std::uintptr_t>(memory.data() + 2) % 16 == 0);
  EXPECT_NE(is_aligned(tensor, 8),
            is_aligned(Made{{2}, {1}, {kDLFloat, 32, 1}, 4}.tensor(memory.data()), 8));
}

}  // namespace
}  // namespace mlacheck::adapt
