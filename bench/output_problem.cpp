#include <utility>
#include <vector>

#include "bench/layer_problem.hpp"
#include "bench/problem_operands.hpp"
#include "harness/values/quotient.hpp"
#include "reference/output_step/parameters.hpp"

namespace mlacheck::bench {
namespace {

using output_step::kMxBlock;
using output_step::Parameters;
using output_step::Product;
using output_step::Projection;

constexpr std::int64_t kGroup = 128;

Operand labelled(Operand operand, CodeFormat format) {
  operand.format = format;
  return operand;
}

std::vector<Operand> mxfp4_operands(const OutputShape& s) {
  const std::int64_t row = s.heads * kValues;
  const auto codes = [](Operand operand) {
    return labelled(std::move(operand), CodeFormat::e2m1_pairs);
  };
  const auto scales = [](Operand operand) {
    return labelled(std::move(operand), CodeFormat::e8m0);
  };
  Operand token_scales = scales(dense_output("scales", DType::u8, {s.tokens, row / kMxBlock}));
  token_scales.layout.stride = {1, s.tokens};  // by column
  return {dense_input("latent_out", DType::bf16, {s.tokens, s.heads, kLatent}),
          codes(dense_input("w_uv", DType::u8, {s.heads, kValues, kLatent / 2})),
          scales(dense_input("w_uv_scales", DType::u8, {s.heads, kValues, kLatent / kMxBlock})),
          codes(dense_input("w_o", DType::u8, {s.hidden, row / 2})),
          scales(dense_input("w_o_scales", DType::u8, {s.hidden, row / kMxBlock})),
          dense_output("values", DType::bf16, {s.tokens, row}),
          codes(dense_output("codes", DType::u8, {s.tokens, row / 2})),
          std::move(token_scales)};
}

std::vector<Operand> fp8_operands(const OutputShape& s) {
  const std::int64_t row = s.heads * kValues;
  const auto codes = [](Operand operand) {
    return labelled(std::move(operand), CodeFormat::e4m3fn);
  };
  return {dense_input("latent_out", DType::bf16, {s.tokens, s.heads, kLatent}),
          codes(dense_input("w_uv", DType::u8, {s.heads, kValues, kLatent})),
          dense_input("w_uv_scale", DType::f32, {1}),
          codes(dense_input("w_o", DType::u8, {s.hidden, row})),
          dense_input("w_o_scale", DType::f32, {1}),
          dense_output("values", DType::bf16, {s.tokens, row}),
          codes(dense_output("codes", DType::u8, {s.tokens, row})),
          dense_output("scales", DType::f32,
                       {s.tokens, s.heads * rounded_up_quotient(kValues, kGroup)})};
}

}  // namespace

Problem output_problem(const OutputShape& s) {
  const bool mxfp4 = s.form == OutputForm::mxfp4;
  Problem problem;
  problem.operands = mxfp4 ? mxfp4_operands(s) : fp8_operands(s);
  problem.operands.push_back(dense_output("out", DType::bf16, {s.tokens, s.hidden}));
  reference::write_scalars(problem,
                           Parameters{.product = mxfp4 ? Product::mxfp4 : Product::fp8,
                                      .projection = mxfp4 ? Projection::mxfp4 : Projection::fp8,
                                      .group = kGroup});
  return problem;
}

}  // namespace mlacheck::bench
