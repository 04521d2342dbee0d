// E15 to E17: what happens along K.
#include <cmath>

#include "harness/values/quotient.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "reference/common/formats.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/parameters.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr std::int64_t kBlock = quantized_bmm::kMxBlock;
constexpr std::int64_t kGroup = quantized_bmm::kFp8Group;

// Form 2 rounds between groups in a fixed order, so that its parts add up within these roundings
// only: the multiplication by the group's scale, the additions, the multiplication by the scale of
// w, on both sides, each relative to the sum of the magnitudes at that element.
std::vector<double> roundings_between_groups(const Trial& trial) {
  Problem magnitudes = trial.problem();
  for (std::uint32_t& bits : quantized_bmm::Operands{magnitudes}.x().bits) bits &= 0x7fffU;
  for (std::uint32_t& code : quantized_bmm::Operands{magnitudes}.w().bits) code &= 0x7fU;
  std::vector<double> result = trial.expect(magnitudes).value;
  const std::int64_t whole_groups =
      rounded_up_quotient(quantized_bmm::depth_of(magnitudes), kGroup);
  const auto groups = static_cast<double>(whole_groups);
  for (double& value : result) value = 2 * (groups + 3) * 0x1p-24 * std::fabs(value) + 0x1p-147;
  return result;
}

bool parts_add_up(Trial& trial) {
  const Problem& problem = trial.problem();
  const bool fp8 = quantized_bmm::Parameters::of(problem).fp8();
  const std::int64_t unit = fp8 ? kGroup : kBlock;
  const std::int64_t depth = quantized_bmm::depth_of(problem);
  if (depth <= unit) return false;
  const std::int64_t cut = unit * trial.random().between(1, (depth - 1) / unit);
  const Problem low = quantized_bmm::part_of_depth(problem, 0, cut);
  const Problem high = quantized_bmm::part_of_depth(problem, cut, depth);
  const Run low_run = trial.run(low, "low part of K");
  const Run high_run = trial.run(high, "high part of K");
  const auto& whole = trial.first().bits("out");
  const auto& below = low_run.bits("out");
  const auto& above = high_run.bits("out");
  const ExpectedTensor expected = trial.expect(problem);
  const ExpectedTensor of_low = trial.expect(low);
  const ExpectedTensor of_high = trial.expect(high);
  std::vector<double> allowed(whole.size());
  if (fp8) allowed = roundings_between_groups(trial);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const double sum = decode(DType::f32, below[i]) + decode(DType::f32, above[i]);
    const double got = decode(DType::f32, whole[i]);
    const double bound = allowed[i] + expected.bound[i] + of_low.bound[i] + of_high.bound[i];
    ++(bound == 0 ? trial.compared().bitwise : trial.compared().within_bound);
    if (std::fabs(got - sum) <= bound) continue;
    throw Broken("element " + std::to_string(i) + ": the parts of K before and from " +
                 std::to_string(cut) + " add up to " + std::to_string(sum) + ", the whole is " +
                 std::to_string(got) + ", allowed are " + std::to_string(bound));
  }
  return true;
}

// Where the probe of token t and head h has its only element.
std::int64_t probed(std::int64_t token, std::int64_t head, std::int64_t offset,
                    std::int64_t depth) {
  return (offset + 7 * token + 3 * head) % depth;
}

// x = e_k in each row. In form fp8 the element is the maximum, so that the scale of its group is 1.
Problem with_probes(const Problem& problem, std::int64_t offset) {
  Problem probe = problem;
  Operand& x = quantized_bmm::Operands{probe}.x();
  const std::int64_t depth = quantized_bmm::depth_of(problem);
  const auto parameters = quantized_bmm::Parameters::of(problem);
  const double one = parameters.fp8() ? static_cast<double>(parameters.maximum) : 1.0;
  std::fill(x.bits.begin(), x.bits.end(), 0U);
  Operand* scales = parameters.packed() ? &quantized_bmm::Operands{probe}.x_scales() : nullptr;
  if (scales != nullptr) std::fill(scales->bits.begin(), scales->bits.end(), 0U);
  for (std::int64_t token = 0; token < x.layout.shape[0]; ++token) {
    for (std::int64_t head = 0; head < x.layout.shape[1]; ++head) {
      const std::int64_t k = probed(token, head, offset, depth);
      const auto at = static_cast<std::size_t>((token * x.layout.shape[1] + head) * depth + k);
      if (scales == nullptr) {
        x.bits[at] = encode(x.dtype, one);
      } else {
        // Code 6 is 4, and 2^-2 makes that one.
        x.bits[at / 2] = k % 2 == 0 ? 0x06U : 0x60U;
        scales->bits[at / kBlock] = 125;
      }
    }
  }
  return probe;
}

// The weight itself, as fp32 holds it, times what the probe is in form fp8.
double probed_weight(const Problem& problem, std::int64_t row, std::int64_t k) {
  const std::int64_t depth = quantized_bmm::depth_of(problem);
  const auto at = static_cast<std::size_t>(row * depth + k);
  const std::vector<std::uint32_t>& w = quantized_bmm::Operands{problem}.w().bits;
  const auto parameters = quantized_bmm::Parameters::of(problem);
  if (parameters.fp8()) {
    const auto format = reference::small_format(parameters.format);
    const double scale = decode(DType::f32, quantized_bmm::Operands{problem}.w_scale().bits.at(0));
    return static_cast<double>(parameters.maximum) *
           reference::decode(format, static_cast<std::uint8_t>(w[at])) * scale;
  }
  const std::uint32_t pair = w[at / 2];
  const std::uint32_t code = k % 2 == 0 ? pair % 16 : pair / 16;
  return reference::mxfp4_value(
      static_cast<std::uint8_t>(code),
      static_cast<std::uint8_t>(quantized_bmm::Operands{problem}.w_scales().bits[at / kBlock]));
}

bool probes_read_weights(Trial& trial) {
  const Problem& problem = trial.problem();
  const std::int64_t depth = quantized_bmm::depth_of(problem);
  const std::int64_t offset = trial.random().between(0, depth - 1);
  const Problem probe = with_probes(problem, offset);
  const Run run = trial.run(probe, "one-hot probe");
  const Operand& out = quantized_bmm::Operands{probe}.out();
  const auto& bits = run.bits("out");
  const std::vector<std::int64_t>& shape = out.layout.shape;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto element = static_cast<std::int64_t>(i);
    const std::int64_t column = element % shape[2];
    const std::int64_t head = element / shape[2] % shape[1];
    const std::int64_t k = probed(element / shape[2] / shape[1], head, offset, depth);
    const double weight = probed_weight(problem, head * shape[2] + column, k);
    const std::uint32_t expected =
        encode(out.dtype, decode(DType::f32, encode(DType::f32, weight)));
    ++trial.compared().bitwise;
    if (bits[i] == expected || (weight == 0 && decode(out.dtype, bits[i]) == 0)) continue;
    throw Broken("out" + index_text(shape, i) + " reads the weight at k = " + std::to_string(k) +
                 ", which is " + std::to_string(weight) + ", and got " +
                 std::to_string(decode(out.dtype, bits[i])));
  }
  return true;
}

}  // namespace

std::vector<Part> zero_blocks() {
  const auto fit = [](Product& f, Random& random) {
    fill_extents(f);
    exact_product(f, random);
  };
  const auto holds = [](Trial& trial) {
    const auto relation =
        quantized_bmm::padded_with_zeros(trial.problem(), trial.random().between(1, 5));
    if (relation) trial.expect_bits_or_bound(*relation);
    return relation.has_value();
  };
  return {of_product(fit, holds, true)};
}

std::vector<Part> additive_in_depth() {
  const auto fit = [](Product& f, Random& random) {
    fill_extents(f);
    finite_product(f, random);
    f.out_dtype = DType::f32;  // before the store: it holds exact sums
    f.has_bias = false;
    at_least(f.blocks, f.form == quantized_bmm::Form::fp8 ? 5 : 2);
  };
  return {of_product(fit, &parts_add_up, true)};
}

std::vector<Part> one_hot_probes() {
  const auto fit = [](Product& f, Random& random) {
    fill_extents(f);
    finite_product(f, random);
    f.has_bias = false;
  };
  return {of_product(fit, &probes_read_weights)};
}

}  // namespace mlacheck::equivalences
