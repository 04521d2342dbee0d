#include "reference/output_step/steps.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "reference/common/dot_bound.hpp"
#include "reference/flatten_quant/oracle.hpp"
#include "reference/flatten_quant/parameters.hpp"
#include "reference/output_step/parameters.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "reference/quantized_bmm/parameters.hpp"
#include "reference/quantized_bmm/scaled_groups.hpp"
#include "reference/strided_bmm/oracle.hpp"

namespace mlacheck::output_step {
namespace {

using Shape = std::vector<std::int64_t>;

// An operand of one step: these bits under another name and shape.
Operand input(const char* name, DType dtype, Shape shape, Bits bits) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.layout = Layout::dense(std::move(shape));
  operand.bits = std::move(bits);
  return operand;
}

Operand output(const char* name, DType dtype, Shape shape) {
  Operand operand = input(name, dtype, std::move(shape), {});
  operand.access = Access::output;
  return operand;
}

template <class P>
Problem step_problem(std::vector<Operand> operands, const P& parameters, const Numerics& numerics) {
  Problem step;
  step.operands = std::move(operands);
  step.numerics = numerics;
  reference::write_scalars(step, parameters);
  return step;
}

ExpectedTensor answer_of(const Oracle& oracle, const Problem& step, const char* name) {
  ExpectedTensor answer = std::move(oracle.expect(step).outputs.front());
  answer.operand = name;
  return answer;
}

}  // namespace

ExpectedTensor expect_values(const Problem& problem) {
  const Operands o{problem};
  const Parameters p = Parameters::of(problem);
  const Shape shape{o.tokens(), o.heads(), o.width()};
  const Shape& weights = o.w_uv().layout.shape;
  std::vector<Operand> operands{
      input("x", o.latent_out().dtype, o.latent_out().layout.shape, o.latent_out().bits),
      input("w", DType::u8, weights, o.w_uv().bits)};
  if (p.mxfp4_product()) {
    operands.push_back(
        input("w_scales", DType::u8, o.w_uv_scales().layout.shape, o.w_uv_scales().bits));
  } else {
    operands.push_back(input("w_scale", DType::f32, {1}, o.w_uv_scale().bits));
  }
  operands.push_back(output("out", o.values().dtype, shape));
  const quantized_bmm::Parameters product{
      .form = p.mxfp4_product() ? quantized_bmm::Form::a16wfp4 : quantized_bmm::Form::fp8,
      .format = p.format,
      .maximum = p.maximum};
  return answer_of(quantized_bmm::oracle(),
                   step_problem(std::move(operands), product, problem.numerics), "values");
}

std::vector<ExpectedTensor> expect_quantized(const Problem& problem, const Bits& values,
                                             const Bits* scales) {
  const Operands o{problem};
  const Parameters p = Parameters::of(problem);
  flatten_quant::Parameters quantizer;
  quantizer.form = p.mxfp4()                         ? flatten_quant::Form::mxfp4
                   : p.projection == Projection::fp8 ? flatten_quant::Form::fp8
                                                     : flatten_quant::Form::fp8_transposed;
  quantizer.group = p.group_size();
  quantizer.maximum = p.maximum;
  quantizer.format = p.format;
  const Problem step =
      step_problem({input("x", o.values().dtype, {o.tokens(), o.heads(), o.width()}, values),
                    output("codes", DType::u8, o.codes().layout.shape),
                    output("scales", o.scales().dtype, o.scales().layout.shape)},
                   quantizer, problem.numerics);
  const Expectation expectation = flatten_quant::oracle().expect(step);
  Bits exact;
  for (const double scale : expectation.outputs.back().value) {
    exact.push_back(encode(o.scales().dtype, scale));
  }
  return settled(expectation, {values, {}, scales != nullptr ? *scales : exact});
}

ExpectedTensor expect_plain(const Problem& problem, const Bits& values) {
  const Operands o{problem};
  const auto row = static_cast<std::size_t>(o.row());
  const auto columns = static_cast<std::size_t>(o.columns());
  Bits weights(row * columns);
  for (std::size_t n = 0; n < columns; ++n) {
    for (std::size_t k = 0; k < row; ++k) weights[k * columns + n] = o.w_o().bits[n * row + k];
  }
  const DType dtype = o.values().dtype;
  Problem step;
  step.operands = {input("x", dtype, {o.tokens(), 1, o.row()}, values),
                   input("w", dtype, {1, o.row(), o.columns()}, std::move(weights)),
                   output("out", dtype, {o.tokens(), 1, o.columns()})};
  step.numerics = problem.numerics;
  return answer_of(strided_bmm::oracle(), step, "out");
}

ExpectedTensor expect_mxfp4(const Problem& problem, const Bits& codes, const Bits& scales) {
  const Operands o{problem};
  const std::int64_t bytes = o.row() / 2;
  const std::int64_t blocks = o.row() / kMxBlock;
  const Problem step = step_problem(
      {input("x", DType::u8, {o.tokens(), 1, bytes}, codes),
       input("x_scales", DType::u8, {o.tokens(), 1, blocks}, scales),
       input("w", DType::u8, {1, o.columns(), bytes}, o.w_o().bits),
       input("w_scales", DType::u8, {1, o.columns(), blocks}, o.w_o_scales().bits),
       output("out", o.out().dtype, {o.tokens(), 1, o.columns()})},
      quantized_bmm::Parameters{.form = quantized_bmm::Form::afp4wfp4}, problem.numerics);
  return answer_of(quantized_bmm::oracle(), step, "out");
}

ExpectedTensor expect_fp8(const Problem& problem, const Bits& codes, const Bits& scales) {
  const Operands o{problem};
  const Parameters p = Parameters::of(problem);
  const auto how =
      reference::dot_arithmetic(problem.numerics, reference::Products::exact, reference::kUnitFp8);
  const auto decoded = [&](const Bits& bits) {
    std::vector<double> values;
    values.reserve(bits.size());
    for (const std::uint32_t code : bits) {
      values.push_back(reference::decode(p.fp8_format(), static_cast<std::uint8_t>(code)));
    }
    return values;
  };
  const auto row = static_cast<std::size_t>(o.row());
  const std::vector<double> x = decoded(codes);
  const std::vector<double> weights = decoded(o.w_o().bits);
  const double w_scale = o.w_o_scale().values().at(0);

  quantized_bmm::ScaledGroups line;
  line.smallest_normal = smallest_normal(p.fp8_format());
  for (std::int64_t head = 0; head < o.heads(); ++head) {
    for (std::int64_t first = 0; first < o.width(); first += p.group) {
      line.sizes.push_back(static_cast<std::size_t>(std::min(p.group, o.width() - first)));
    }
  }
  ExpectedTensor expected = ExpectedTensor::like(o.out());
  const auto groups = line.sizes.size();
  const auto columns = static_cast<std::size_t>(o.columns());
  for (std::size_t token = 0; token < static_cast<std::size_t>(o.tokens()); ++token) {
    line.codes.assign(x.begin() + static_cast<std::ptrdiff_t>(token * row),
                      x.begin() + static_cast<std::ptrdiff_t>((token + 1) * row));
    line.scales.clear();
    for (std::size_t g = 0; g < groups; ++g) {
      line.scales.push_back(static_cast<double>(std::bit_cast<float>(scales[token * groups + g])));
    }
    for (std::size_t n = 0; n < columns; ++n) {
      reference::BoundedValue element =
          quantized_bmm::scaled_sum(line, std::span(weights).subspan(n * row, row), w_scale, how);
      // Infinite scales give an error that is infinite or NaN. The answer itself is certain.
      if (!std::isfinite(element.value)) element.bound = 0;
      element = quantized_bmm::stored_scaled(o.out().dtype, element);
      expected.value[token * columns + n] = element.value;
      expected.bound[token * columns + n] = element.bound;
    }
  }
  return expected;
}

}  // namespace mlacheck::output_step
