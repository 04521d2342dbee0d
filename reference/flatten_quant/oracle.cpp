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

#include "reference/common/bounds.hpp"
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

// Which bits of the codes of NaN elements are free: a byte of FP8, half a byte of MXFP4.
std::vector<std::uint32_t> free_bits_of(std::span<const float> x, bool mxfp4) {
  std::vector<std::uint32_t> bits;
  if (!mxfp4) {
    for (const float element : x) bits.push_back(std::isnan(element) ? 0xffU : 0U);
    return bits;
  }
  for (std::size_t i = 0; i < x.size(); i += 2) {
    bits.push_back((std::isnan(x[i]) ? 0x0fU : 0U) | (std::isnan(x[i + 1]) ? 0xf0U : 0U));
  }
  return bits;
}

// FP8 groups whose scale may be off by some units: their codes are judged by the scale that the run has
// written.
class OwnScales {
 public:
  OwnScales(const Problem& problem, const Parameters& parameters, std::vector<float> values)
      : rule_(parameters.fp8_rule()),
        values_(std::move(values)),
        group_(static_cast<std::size_t>(parameters.group)),
        columns_(static_cast<std::size_t>(Sizes::of(problem).columns)),
        scales_at_(problem.index_of("scales")),
        error_(reference::quotient_error(problem.numerics)),
        units_(problem.numerics.scale_error_ulps) {}

  void expect_scales(ExpectedTensor& scales) const {
    std::size_t at = 0;
    for_each_group([&](std::span<const float> elements, std::size_t) {
      const double scale = static_cast<double>(reference::fp8_magnitude(elements, rule_)) /
                           static_cast<double>(rule_.maximum);
      scales.value[at] = scale;
      if (std::isfinite(scale)) {
        // A unit of what is written counts, too, where that is past the next power of two.
        const double most = scale * (1 + units_ * 0x1.0p-23);
        scales.bound[at] = units_ * std::ldexp(1.0, std::ilogb(most) - 23);
      }
      ++at;
    });
  }

  void operator()(const std::vector<std::vector<std::uint32_t>>& written,
                  std::vector<ExpectedTensor>& outputs) const {
    ExpectedTensor& codes = outputs.front();
    codes.other.resize(codes.value.size());
    std::size_t group = 0;
    for_each_group([&](std::span<const float> elements, std::size_t first) {
      const float scale = std::bit_cast<float>(written[scales_at_][group++]);
      for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto allowed = reference::fp8_codes_within(elements[i], scale, error_, rule_);
        codes.value[first + i] = allowed.lower;
        codes.other[first + i] = allowed.upper;
      }
    });
  }

 private:
  template <class Use>
  void for_each_group(const Use& use) const {
    for (std::size_t head = 0; head < values_.size(); head += columns_) {
      for (std::size_t first = 0; first < columns_; first += group_) {
        const std::size_t count = std::min(group_, columns_ - first);
        use(std::span(values_).subspan(head + first, count), head + first);
      }
    }
  }

  reference::Fp8Rule rule_;
  std::vector<float> values_;
  std::size_t group_;
  std::size_t columns_;
  std::size_t scales_at_;
  double error_;
  double units_;
};

reference::Fp8Rule with_scale_of(const Numerics& numerics, reference::Fp8Rule rule) {
  if (numerics.scale_rule != ScaleOfGroup::of_contract) {
    rule.multiplies_by_reciprocal = numerics.scale_rule == ScaleOfGroup::reciprocal;
  }
  return rule;
}

class QuantizerOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operands o{problem};
    const Operand& x = o.x();
    const auto columns = static_cast<std::size_t>(x.layout.shape[2]);
    const auto parameters = Parameters::of(problem);
    const auto group = static_cast<std::size_t>(parameters.group);
    const reference::Fp8Rule rule = with_scale_of(problem.numerics, parameters.fp8_rule());

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
    if (problem.numerics.any_nan_code) codes.free_bits = free_bits_of(values, parameters.mxfp4());
    Expectation expectation;
    expectation.rule = "exact codes and scales";
    if (problem.numerics.scale_rule == ScaleOfGroup::within_ulps && !parameters.mxfp4()) {
      const OwnScales own(problem, parameters, std::move(values));
      own.expect_scales(scales);
      expectation.settle = own;
      expectation.rule = "scales within units, exact codes by the scales that were written";
    }
    expectation.outputs = {std::move(codes), std::move(scales)};
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const QuantizerOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::flatten_quant
