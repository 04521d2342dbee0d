// The problems that are timed are those that the models of their ops make, but for contents.
#include "bench/layer_problem.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <variant>

#include "harness/case/case.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck::bench {
namespace {

Problem modelled(const std::string& op, const std::string& line) {
  const OpModel& model = *find_op(op)->model;
  const ParsedCase parsed = parse_case(line, {&model.schema()});
  if (const auto* error = std::get_if<std::string>(&parsed)) throw std::runtime_error(*error);
  const Case& c = std::get<Case>(parsed);
  EXPECT_EQ(model.inadmissible(c), "");
  return model.materialise(c, "");
}

void expect_same(const Problem& timed, const Problem& model) {
  EXPECT_EQ(timed.integers, model.integers);
  ASSERT_EQ(timed.reals.size(), model.reals.size());
  for (std::size_t i = 0; i < timed.reals.size(); ++i) {
    EXPECT_EQ(timed.reals[i].first, model.reals[i].first);
    EXPECT_NEAR(timed.reals[i].second, model.reals[i].second, 1e-6);
  }
  ASSERT_EQ(timed.operands.size(), model.operands.size());
  for (const Operand& want : model.operands) {
    SCOPED_TRACE(want.name);
    const Operand& operand = timed.operand(want.name);
    EXPECT_EQ(operand.dtype, want.dtype);
    EXPECT_EQ(operand.access, want.access);
    EXPECT_EQ(operand.format, want.format);
    EXPECT_EQ(operand.layout.shape, want.layout.shape);
    EXPECT_EQ(operand.layout.stride, want.layout.stride);
    EXPECT_EQ(operand.layout.offset, want.layout.offset);
    EXPECT_EQ(operand.layout.storage, want.layout.storage);
    if (want.dtype == DType::i32) {
      EXPECT_EQ(operand.bits, want.bits);
    }
  }
  EXPECT_EQ(timed.operands.back().name, "out");  // what the programs compare
}

constexpr const char* kColumns = "latent=512,nope=128,rope=64,V=128,page=64";

TEST(LayerProblem, Prefill) {
  expect_same(
      prefill_problem({.heads = 2, .requests = 2, .tokens = 3, .context = 70, .chunks = 4}),
      modelled("prefill_context",
               std::string("prefill_context(dtype=bf16,requests=[3:70,3:70],H=2,chunk=18,") +
                   kColumns + ")"));
}

TEST(LayerProblem, Decode) {
  expect_same(
      decode_problem({.heads = 2, .requests = 2, .tokens = 2, .keys = 70, .splits = 3}),
      modelled(
          "decode_step",
          std::string("decode_step(dtype=bf16,requests=[2:70,2:70],H=2,splits=3,scale=0.0721688,") +
              kColumns + ")"));
}

TEST(LayerProblem, Output) {
  const OutputShape shape{.heads = 2, .tokens = 3, .hidden = 40, .form = OutputForm::mxfp4};
  const std::string sizes = "T=3,H=2,V=128,blocks=16,hidden=40)";
  expect_same(output_problem(shape),
              modelled("output_step", "output_step(product=mxfp4,projection=mxfp4," + sizes));
  OutputShape fp8 = shape;
  fp8.form = OutputForm::fp8;
  expect_same(output_problem(fp8),
              modelled("output_step", "output_step(product=fp8,projection=fp8," + sizes));
}

}  // namespace
}  // namespace mlacheck::bench
