// Products of quantized operands once more, for the audits: sums of terms with their ceilings, by the
// sections "flatten_quant" and "quantized_bmm" of docs/contracts.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "tests/support/oracle_audit_formats.hpp"

namespace mlacheck::oracle_audit {

// One output element: its terms, in the order of k.
struct Terms {
  std::vector<double> x;
  std::vector<double> w;

  bool finite() const {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    return std::all_of(x.begin(), x.end(), is_finite) && std::all_of(w.begin(), w.end(), is_finite);
  }

  double magnitude() const {
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += std::fabs(x[k] * w[k]);
    return sum;
  }

  // The sum of a range of terms.
  template <class Real>
  Real sum(std::size_t first, std::size_t last) const {
    Real result = 0;
    for (std::size_t k = first; k < last; ++k) {
      result += static_cast<Real>(x[k]) * static_cast<Real>(w[k]);
    }
    return result;
  }
};

// --- MXFP4

// A code times its scale is an fp32 number, infinite past the range; byte 255 makes it NaN.
inline double mx_value(int code, int byte) {
  if (byte == 255) return std::nan("");
  return static_cast<double>(static_cast<float>(std::ldexp(e2m1_value(code), byte - 127)));
}

// [lines, K] of packed pairs and their scales.
inline std::vector<double> dequantized(const Operand& pairs, const Operand& scales) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 2 * pairs.bits.size(); ++i) {
    const std::uint32_t pair = pairs.bits[i / 2];
    values.push_back(mx_value(static_cast<int>(i % 2 == 0 ? pair % 16 : pair / 16),
                              static_cast<int>(scales.bits[i / 32])));
  }
  return values;
}

// Up to 32 elements, as flatten_quant quantizes them with `launder`.
struct MxCodes {
  int byte = 0;
  std::vector<int> codes;

  MxCodes(DType dtype, const std::uint32_t* bits, std::size_t count) {
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = decode(dtype, bits[i]);
      if (!std::isnan(value)) largest = std::max(largest, std::fabs(value));
    }
    byte = largest >= 0x1.cp127 ? 254 : mx_byte(largest);
    for (std::size_t i = 0; i < count; ++i) {
      const double value = decode(dtype, bits[i]);
      codes.push_back(std::isnan(value) ? nan_code(dtype, bits[i]) : mx_code(value, byte));
    }
  }

 private:
  static int nan_code(DType dtype, std::uint32_t bits) {
    const int digits = digits_of(dtype) - 1;
    const Quad payload = ldexp(Quad(bits % (1U << digits)), 1 - digits);
    const bool negative = bits >> 15 != 0;
    return (negative ? 8 : 0) + 2 + static_cast<int>(nearest_multiple(payload, 0));
  }
};

// What form 0 multiplies.
inline std::vector<double> quantized(const Operand& x) {
  std::vector<double> values;
  for (std::size_t first = 0; first < x.bits.size(); first += 32) {
    const MxCodes block(x.dtype, &x.bits[first], 32);
    for (const int code : block.codes) values.push_back(mx_value(code, block.byte));
  }
  return values;
}

inline Answer mx_answer(const Terms& terms, DType output) {
  Answer answer;
  const auto count = static_cast<double>(terms.x.size());
  answer.in_float = static_cast<double>(terms.sum<float>(0, terms.x.size()));
  if (!terms.finite()) {
    answer.exact = terms.sum<double>(0, terms.x.size());
    return answer;
  }
  answer.exact = terms.sum<Quad>(0, terms.x.size());
  const double magnitude = terms.magnitude();
  answer.slack = 0x1.0p-52 * count * magnitude + 0x1.0p-1000;  // also of a zero of either sign
  answer.ceiling = with_store(output, static_cast<double>(answer.exact),
                              1.01 * count * kU * magnitude + count * kTiny);
  return answer;
}

// --- FP8 in groups

struct Fp8 {
  Terms codes;                     // of one element, decoded
  std::vector<double> scales;      // one a group
  std::vector<std::size_t> sizes;  // codes of each group
  double w_scale = 1;
  std::optional<double> bias;

  std::size_t first(std::size_t j) const {
    return std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(j),
                           std::size_t{0});
  }
  std::size_t last(std::size_t j) const { return first(j) + sizes[j]; }

  // As the contract names the steps, each `round`ed; `fused` adds d s with one rounding.
  double carried_out(bool fused) const {
    double acc = 0;
    for (std::size_t j = 0; j < scales.size(); ++j) {
      const Quad d = fl_or_special(codes.sum<Quad>(first(j), last(j)), j);
      if (!is_finite(d) || !std::isfinite(scales[j]) || !std::isfinite(acc)) {
        acc += static_cast<double>(d) * scales[j];
        continue;
      }
      const Quad product = d * Quad(scales[j]);
      acc = fl(fused ? Quad(acc) + product : Quad(acc) + Quad(fl(product)));
    }
    const double scaled = std::isfinite(acc) && std::isfinite(w_scale)
                              ? fl(Quad(acc) * Quad(w_scale))
                              : acc * w_scale;
    return with_bias(scaled);
  }

  // The same by fp32 instructions, the group's sum in the order of k.
  double in_float(bool fused) const {
    float acc = 0;
    for (std::size_t j = 0; j < scales.size(); ++j) {
      const auto d = codes.sum<float>(first(j), last(j));
      const auto s = static_cast<float>(scales[j]);
      acc = fused ? std::fma(d, s, acc) : acc + d * s;
    }
    return with_bias(static_cast<double>(acc * static_cast<float>(w_scale)));
  }

  Answer answer(DType output) const {
    Answer answer;
    answer.carried_out = carried_out(false);
    answer.in_float = in_float(false);
    answer.also_in_float = in_float(true);
    const bool special =
        !codes.finite() || !std::isfinite(w_scale) ||
        !std::all_of(scales.begin(), scales.end(), [](double s) { return std::isfinite(s); });
    if (special) {
      answer.exact = *answer.carried_out;
      return answer;
    }
    Quad sum = 0;
    double inner = 0;
    double all = 0;
    const auto groups = static_cast<double>(scales.size());
    for (std::size_t j = 0; j < scales.size(); ++j) {
      sum += codes.sum<Quad>(first(j), last(j)) * Quad(scales[j]);
      double magnitude = 0;
      for (std::size_t k = first(j); k < last(j); ++k) {
        magnitude += std::fabs(codes.x[k] * codes.w[k]);
      }
      const auto terms = static_cast<double>(last(j) - first(j));
      all += scales[j] * magnitude;
      inner += scales[j] * magnitude * 1.01 * kU * (terms + groups + 3) + kTiny;
    }
    sum *= Quad(w_scale);
    inner = inner * std::fabs(w_scale) + kTiny;
    const double before = static_cast<double>(sum);
    if (bias) {
      sum += Quad(*bias);
      inner = with_store(DType::bf16, before, inner);
      inner = with_store(DType::bf16, static_cast<double>(sum), inner);
    }
    answer.exact = sum;
    answer.slack = 0x1.0p-50 * (groups + 1) * all * std::fabs(w_scale) +
                   0x1.0p-52 * std::fabs(bias.value_or(0));
    answer.ceiling = with_store(output, static_cast<double>(sum), inner);
    return answer;
  }

 private:
  static bool is_finite(const Quad& value) { return std::isfinite(static_cast<double>(value)); }

  // Sums of codes are small, and NaN where one of them is.
  Quad fl_or_special(const Quad& sum, std::size_t j) const {
    for (std::size_t k = first(j); k < last(j); ++k) {
      if (std::isnan(codes.x[k]) || std::isnan(codes.w[k])) return Quad(std::nan(""));
    }
    return Quad(fl(sum));
  }

  // Rounded to bf16, added, rounded to bf16 again.
  double with_bias(double value) const {
    if (!bias) return value;
    if (!std::isfinite(value) || !std::isfinite(*bias)) return value + *bias;
    const double before = to_bf16(Quad(value));
    return std::isfinite(before) ? to_bf16(Quad(before) + Quad(*bias)) : before;
  }
};

}  // namespace mlacheck::oracle_audit
