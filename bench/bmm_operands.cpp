#include "bench/bmm_operands.hpp"

#include <stdexcept>
#include <utility>

#include "properties/common/operands.hpp"

namespace mlacheck::bench {
namespace {

constexpr std::int64_t kMxBlock = 32;

Operand input(const char* name, DType dtype, std::vector<std::int64_t> shape) {
  return input_operand(name, dtype, Layout::dense(std::move(shape)));
}

}  // namespace

Problem bmm_problem(const std::string& form, const BmmShape& s, OutLayout out) {
  Problem problem;
  problem.operands.push_back(input("x", DType::bf16, {s.batch, s.heads, s.depth}));
  if (form == "bf16") {
    problem.operands.push_back(input("w", DType::bf16, {s.heads, s.depth, s.columns}));
  } else if (form == "a16wfp4") {
    problem.operands.push_back(input("w", DType::u8, {s.heads, s.columns, s.depth / 2}));
    problem.operands.push_back(
        input("w_scales", DType::u8, {s.heads, s.columns, s.depth / kMxBlock}));
    problem.integers = {{"form", 0}, {"splits", 1}, {"format", 0}, {"maximum", 448}};
  } else if (form == "fp8") {
    problem.operands.push_back(input("w", DType::u8, {s.heads, s.columns, s.depth}));
    problem.operands.push_back(input("w_scale", DType::f32, {1}));
    problem.integers = {{"form", 2}, {"splits", 1}, {"format", 0}, {"maximum", 448}};
  } else {
    throw std::invalid_argument("form '" + form + "': expected one of bf16 a16wfp4 fp8");
  }
  Operand result = input("out", DType::bf16, {s.batch, s.heads, s.columns});
  result.access = Access::output;
  if (out == OutLayout::heads_first) result.layout.stride = {s.columns, s.batch * s.columns, 1};
  problem.operands.push_back(std::move(result));
  return problem;
}

}  // namespace mlacheck::bench
