#include "reference/flatten_quant/oracle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "reference/flatten_quant/parameters.hpp"

namespace mlacheck::flatten_quant {
namespace {

// Every element type is a subset of float, NaNs included: their sign and the digits that they have
// stay, and missing digits are 0. Decoding to double may turn a signalling NaN into a quiet one.
float as_float(DType dtype, std::uint32_t bits) {
  const double value = decode(dtype, bits);
  if (!std::isnan(value)) return static_cast<float>(value);
  const int digits = digits_of(dtype) - 1;
  const auto payload = bits % (1U << digits);
  const bool negative = bits >> (8 * size_of(dtype) - 1) != 0;
  return std::bit_cast<float>((negative ? 0xff800000U : 0x7f800000U) | payload << (23 - digits));
}

// Where the next results go: both outputs are filled in logical order.
struct Answers {
  std::vector<double>::iterator codes;
  std::vector<double>::iterator scales;
};

void answer_mxfp4(std::span<const float> x, reference::SpecialBlock special, Answers& answers) {
  std::array<float, 32> block{};
  std::copy(x.begin(), x.end(), block.begin());
  const auto result = reference::quantize_mxfp4(block, reference::ScaleRule::even, special);
  *answers.scales++ = result.scale;
  for (std::size_t i = 0; i < x.size(); i += 2) {
    *answers.codes++ = result.codes[i] + 16 * result.codes[i + 1];
  }
}

void answer_fp8(std::span<const float> x, const reference::Fp8Rule& rule, Answers& answers) {
  const auto result = reference::quantize_fp8_group(x, rule);
  *answers.scales++ = static_cast<double>(result.scale);
  answers.codes = std::copy(result.codes.begin(), result.codes.end(), answers.codes);
}

class QuantizerOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operands o{problem};
    const Operand& x = o.x();
    const auto columns = static_cast<std::size_t>(x.layout.shape[2]);
    const auto parameters = Parameters::of(problem);
    const auto group = static_cast<std::size_t>(parameters.group);
    const reference::Fp8Rule rule = parameters.fp8_rule();

    std::vector<float> values;
    values.reserve(x.bits.size());
    for (const std::uint32_t bits : x.bits) values.push_back(as_float(x.dtype, bits));

    ExpectedTensor codes = ExpectedTensor::like(o.codes());
    ExpectedTensor scales = ExpectedTensor::like(o.scales());
    Answers answers{codes.value.begin(), scales.value.begin()};
    for (std::size_t head = 0; head < values.size(); head += columns) {
      for (std::size_t first = 0; first < columns; first += group) {
        const auto elements =
            std::span(values).subspan(head + first, std::min(group, columns - first));
        if (parameters.mxfp4()) {
          answer_mxfp4(elements, parameters.special_block, answers);
        } else {
          answer_fp8(elements, rule, answers);
        }
      }
    }
    Expectation expectation;
    expectation.outputs = {std::move(codes), std::move(scales)};
    expectation.rule = "exact codes and scales";
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const QuantizerOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::flatten_quant
