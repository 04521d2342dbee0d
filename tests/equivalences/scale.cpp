// E9 to E11: powers of two, signs and zeros pass through.
#include <cmath>
#include <limits>

#include "harness/values/dtype.hpp"
#include "properties/flatten_quant/relations.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "reference/flatten_quant/parameters.hpp"
#include "reference/quantized_bmm/parameters.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

// Another problem of the same outputs.
Relation with_same_outputs(std::string name, Problem problem) {
  Relation relation{Check::probe, std::move(name), std::move(problem), {}};
  for (const Operand& operand : relation.problem.operands) {
    if (operand.access != Access::output) continue;
    relation.matches.push_back(match_taken(operand, 0, index_range(0, operand.layout.shape[0])));
  }
  return relation;
}

// x times 2^k, where no sum of products can leave the normal range of fp32.
std::optional<Problem> product_scaled(const Problem& problem, int k) {
  Problem other = problem;
  Operand& x = quantized_bmm::Operands{other}.x();
  if (quantized_bmm::Parameters::of(problem).packed()) {
    for (std::uint32_t& scale : quantized_bmm::Operands{other}.x_scales().bits) {
      // Where byte 0 is a block of zeros it stays one.
      if (scale == 0) continue;
      if (scale < 60 || scale > 190) return std::nullopt;
      scale = static_cast<std::uint32_t>(static_cast<int>(scale) + k);
    }
    return other;
  }
  // Groups of FP8 below 1e-10 keep their scale; 16-bit numbers below the normal range lose digits.
  const double least = x.dtype == DType::f16 ? 0x1p-10 : 0x1p-28;
  if (!quantized_bmm::is_inside(x, least, x.dtype == DType::f16 ? 0x1p14 : 0x1p40)) {
    return std::nullopt;
  }
  for (std::uint32_t& bits : x.bits) {
    bits = encode(x.dtype, std::ldexp(decode(x.dtype, bits), k));
  }
  return other;
}

bool product_scales(Trial& trial) {
  const int k = trial.random().chance(50) ? 1 : -3;
  auto other = product_scaled(trial.problem(), k);
  if (!other) return false;
  trial.expect_image(with_same_outputs("x times 2^" + std::to_string(k), std::move(*other)),
                     [k](const Operand& out, std::uint32_t mine) -> std::optional<std::uint32_t> {
                       const double value = decode(out.dtype, mine);
                       const double scaled = std::ldexp(value, k);
                       // An f16 zero may have been a number too small for it.
                       if (value == 0 && out.dtype == DType::f16) return std::nullopt;
                       const double least = 4 * smallest_normal(out.dtype);
                       const double most = largest_finite(out.dtype) / 4;
                       const auto inside = [&](double v) {
                         return v == 0 || (std::fabs(v) >= least && std::fabs(v) <= most);
                       };
                       if (!inside(value) || !inside(scaled)) return std::nullopt;
                       return encode(out.dtype, scaled);
                     });
  return true;
}

bool quantizer_scales(Trial& trial) {
  const int k = trial.random().chance(50) ? 1 : -3;
  auto relation = flatten_quant::scaled(trial.problem(), k);
  if (!relation) return false;
  const Relation whole = with_same_outputs(relation->name, std::move(relation->problem));
  const std::int64_t maximum = flatten_quant::Parameters::of(trial.problem()).maximum;
  const auto limit = static_cast<double>(1e-10F / static_cast<float>(maximum));
  trial.expect_image(whole, [k, limit](const Operand& output, std::uint32_t mine) {
    if (output.name == "codes") return std::optional(mine);
    if (output.dtype == DType::u8) {
      // A group of zeros has the smallest scale at any k.
      return std::optional(mine == 0 ? 0U : static_cast<std::uint32_t>(static_cast<int>(mine) + k));
    }
    const double scale = decode(DType::f32, mine);
    return std::optional(scale == limit ? mine : encode(DType::f32, std::ldexp(scale, k)));
  });
  return true;
}

bool is_finite(const Operand& x) {
  // Blocks near the top of the range may have the scale NaN, whose codes have no sign.
  return x.dtype == DType::u8 || quantized_bmm::is_inside(x, 0, 0x1p126);
}

bool product_negates(Trial& trial) {
  Problem other = trial.problem();
  Operand& x = quantized_bmm::Operands{other}.x();
  if (quantized_bmm::Parameters::of(other).fp8() && !is_finite(x)) return false;
  for (std::uint32_t& bits : x.bits) bits ^= x.dtype == DType::u8 ? 0x88U : 0x8000U;
  if (other.find("bias") != nullptr) {
    for (std::uint32_t& bits : other.operand("bias").bits) bits ^= 0x8000U;
  }
  trial.expect_image(with_same_outputs("x negated", std::move(other)),
                     [](const Operand& out, std::uint32_t mine) {
                       if (std::isnan(decode(out.dtype, mine))) return std::optional(mine);
                       return std::optional(mine ^ (1U << (8 * size_of(out.dtype) - 1)));
                     });
  return true;
}

bool quantizer_negates(Trial& trial) {
  const Problem& problem = trial.problem();
  if (!is_finite(flatten_quant::Operands{problem}.x())) return false;
  Relation negated = flatten_quant::negated(problem);
  const Relation relation = with_same_outputs(negated.name, std::move(negated.problem));
  const auto parameters = flatten_quant::Parameters::of(problem);
  const bool mxfp4 = parameters.mxfp4();
  const bool fnuz = parameters.format == reference::Fp8Format::e4m3fnuz;
  trial.expect_image(relation, [=](const Operand& output, std::uint32_t mine) {
    if (output.name == "scales") return std::optional(mine);
    if (mxfp4) return std::optional(mine ^ 0x88U);
    return std::optional(fnuz && mine == 0 ? mine : mine ^ 0x80U);
  });
  return true;
}

// Every other row of x is zero, with signs in turns.
std::vector<std::int64_t> empty_rows(Operand& x, std::int64_t rows, std::uint32_t sign) {
  const auto width = static_cast<std::int64_t>(x.bits.size()) / rows;
  std::vector<std::int64_t> emptied;
  for (std::int64_t row = 0; row < rows; row += 2) {
    emptied.push_back(row);
    for (std::int64_t i = 0; i < width; ++i) {
      x.bits[static_cast<std::size_t>(row * width + i)] = i % 3 == 0 ? sign : 0;
    }
  }
  return emptied;
}

// `zero` says what elements of emptied tokens must be; the others keep their bits. Twice, because
// only one poison makes NaN scales of what lies between the rows of an input.
void expect_empty(Trial& trial, const Problem& other,
                  const std::function<bool(const Operand&, std::uint32_t)>& zero) {
  for (const Poison poison : {Poison::ones, Poison::junk}) {
    const Run run = trial.run(other, "zero rows", RunOptions::poisoned(poison));
    for (const Operand& output : other.operands) {
      if (output.access != Access::output) continue;
      const auto& got = run.bits(output.name);
      const auto& before = trial.first().bits(output.name);
      const std::size_t width = got.size() / static_cast<std::size_t>(output.layout.shape[0]);
      for (std::size_t i = 0; i < got.size(); ++i) {
        ++trial.compared().bitwise;
        const bool emptied = i / width % 2 == 0;
        if (emptied ? zero(output, got[i]) : got[i] == before[i]) continue;
        throw Broken("zero rows: " + output.name + index_text(output.layout.shape, i) +
                     " has the bits " + std::to_string(got[i]));
      }
    }
  }
}

bool product_of_zero_rows(Trial& trial) {
  Problem other = trial.problem();
  Operand& x = quantized_bmm::Operands{other}.x();
  const std::int64_t tokens = x.layout.shape[0];
  empty_rows(x, tokens, x.dtype == DType::u8 ? 0x88U : 0x8000U);
  if (other.find("x_scales") != nullptr) {
    empty_rows(quantized_bmm::Operands{other}.x_scales(), tokens, 0);
  }
  expect_empty(trial, other,
               [](const Operand& out, std::uint32_t bits) { return decode(out.dtype, bits) == 0; });
  return true;
}

bool codes_of_zero_rows(Trial& trial) {
  Problem other = trial.problem();
  Operand& x = flatten_quant::Operands{other}.x();
  empty_rows(x, x.layout.shape[0], 1U << (8 * size_of(x.dtype) - 1));
  const auto parameters = flatten_quant::Parameters::of(other);
  const bool mxfp4 = parameters.mxfp4();
  const bool fnuz = parameters.format == reference::Fp8Format::e4m3fnuz;
  const auto limit = static_cast<double>(1e-10F / static_cast<float>(parameters.maximum));
  expect_empty(trial, other, [=](const Operand& output, std::uint32_t bits) {
    if (output.name == "scales") {
      return mxfp4 ? bits == 0 : decode(DType::f32, bits) == limit;
    }
    return mxfp4 ? (bits & 0x77U) == 0 : bits == 0 || (bits == 0x80U && !fnuz);
  });
  return true;
}

}  // namespace

std::vector<Part> powers_of_two() {
  const auto fit_product = [](Product& f, Random& random) {
    using enum quantized_bmm::Values;
    fill_extents(f);
    among(f.values, random, {grid, x_one_hot, w_one_hot, zero_rows, boundaries, ties});
    f.has_bias = false;
  };
  const auto fit_quantizer = [](Quantizer& f, Random& random) {
    using enum flatten_quant::Values;
    fill_extents(f);
    among(f.values, random, {normal, ties, integers, sparse, positions});
  };
  return {of_product(fit_product, &product_scales), of_quantizer(fit_quantizer, &quantizer_scales)};
}

std::vector<Part> negation() {
  const auto fit_product = [](Product& f, Random& random) {
    fill_extents(f);
    if (f.form == quantized_bmm::Form::fp8) finite_product(f, random);
  };
  const auto fit_quantizer = [](Quantizer& f, Random& random) {
    fill_extents(f);
    ordinary_elements(f, random);
  };
  return {of_product(fit_product, &product_negates),
          of_quantizer(fit_quantizer, &quantizer_negates)};
}

std::vector<Part> zero_rows() {
  const auto fit_product = [](Product& f, Random& random) {
    fill_extents(f);
    finite_product(f, random);
    f.has_bias = false;
    at_least(f.w.gap, 1);
    at_least(f.w_scales.gap, 1);
  };
  const auto fit_quantizer = [](Quantizer& f, Random&) {
    fill_extents(f);
    at_least(f.x.gap, 1);
  };
  return {of_product(fit_product, &product_of_zero_rows),
          of_quantizer(fit_quantizer, &codes_of_zero_rows)};
}

}  // namespace mlacheck::equivalences
