// K18 for quantized_bmm, the MXFP4 forms and FP8: see oracle_audit.hpp.
#include <set>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/quantized_bmm/model.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "tests/support/oracle_audit_formats.hpp"

namespace mlacheck::oracle_audit {
namespace {

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

// --- forms 0 and 1: MXFP4

// A code times its scale is an fp32 number, infinite past the range; byte 255 makes it NaN.
double mx_value(int code, int byte) {
  if (byte == 255) return std::nan("");
  return static_cast<double>(static_cast<float>(std::ldexp(e2m1_value(code), byte - 127)));
}

// [lines, K] of packed pairs and their scales.
std::vector<double> dequantized(const Operand& pairs, const Operand& scales) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 2 * pairs.bits.size(); ++i) {
    const std::uint32_t pair = pairs.bits[i / 2];
    values.push_back(mx_value(static_cast<int>(i % 2 == 0 ? pair % 16 : pair / 16),
                              static_cast<int>(scales.bits[i / 32])));
  }
  return values;
}

// Form 0 quantizes each block of 32 as flatten_quant does, with `launder`.
std::vector<double> quantized(const Operand& x) {
  std::vector<double> values;
  for (std::size_t first = 0; first < x.bits.size(); first += 32) {
    double largest = 0;
    for (std::size_t i = first; i < first + 32; ++i) {
      const double value = decode(x.dtype, x.bits[i]);
      if (!std::isnan(value)) largest = std::max(largest, std::fabs(value));
    }
    const int byte = largest >= 0x1.cp127 ? 254 : mx_byte(largest);
    for (std::size_t i = first; i < first + 32; ++i) {
      const double value = decode(x.dtype, x.bits[i]);
      int code = 0;
      if (std::isnan(value)) {
        const int digits = digits_of(x.dtype) - 1;
        const Quad payload = ldexp(Quad(x.bits[i] % (1U << digits)), 1 - digits);
        const bool negative = x.bits[i] >> 15 != 0;
        code = (negative ? 8 : 0) + 2 + static_cast<int>(nearest_multiple(payload, 0));
      } else {
        code = mx_code(value, byte);
      }
      values.push_back(mx_value(code, byte));
    }
  }
  return values;
}

Answer mx_answer(const Terms& terms, DType output) {
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

// --- form 2: FP8 in groups of 128

struct Fp8 {
  Terms codes;                 // of one element, decoded
  std::vector<double> scales;  // one a group
  double w_scale = 1;
  std::optional<double> bias;

  static constexpr std::size_t kGroup = 128;

  std::size_t first(std::size_t j) const { return j * kGroup; }
  std::size_t last(std::size_t j) const { return std::min((j + 1) * kGroup, codes.x.size()); }

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

struct Batch {
  std::vector<double> x;       // [T, H, K], for FP8 decoded codes
  std::vector<double> scales;  // FP8: [T, H, groups]
  std::vector<double> w;       // [H, V, K]
  std::vector<double> bias;    // [H, V]
  double w_scale = 1;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t depth = 0;
  bool fp8;

  explicit Batch(const Problem& problem)
      : heads(problem.operand("out").layout.shape[1]),
        columns(problem.operand("out").layout.shape[2]),
        fp8(problem.integer("form") == 2) {
    if (problem.operand("out").layout.elements() == 0) return;
    if (fp8) {
      read_fp8(problem);
      return;
    }
    const Operand& packed = problem.operand("w");
    depth = 2 * packed.layout.shape[2];
    w = dequantized(packed, problem.operand("w_scales"));
    x = problem.integer("form") == 0
            ? quantized(problem.operand("x"))
            : dequantized(problem.operand("x"), problem.operand("x_scales"));
  }

  Answer answer(DType output, std::int64_t index) const {
    const std::int64_t line = index / columns;  // token and head
    const std::int64_t row = line % heads * columns + index % columns;
    const Terms terms{part(x, line * depth, depth), part(w, row * depth, depth)};
    if (!fp8) return mx_answer(terms, output);
    Fp8 element;
    element.codes = terms;
    element.scales = part(scales, line * groups(), groups());
    element.w_scale = w_scale;
    if (!bias.empty()) element.bias = bias[at(row)];
    return element.answer(output);
  }

 private:
  std::int64_t groups() const { return (depth + 127) / 128; }

  static std::vector<double> part(const std::vector<double>& of, std::int64_t first,
                                  std::int64_t count) {
    return {of.begin() + first, of.begin() + first + count};
  }

  void read_fp8(const Problem& problem) {
    const Operand& activations = problem.operand("x");
    const E4m3 format{problem.integer("format") != 0};
    const auto maximum = static_cast<double>(problem.integer("maximum"));
    depth = activations.layout.shape[2];
    const std::vector<double> values = activations.values();
    for (std::size_t line = 0; line < values.size(); line += at(depth)) {
      for (std::size_t first = line; first < line + at(depth); first += 128) {
        const std::size_t last = std::min(first + 128, line + at(depth));
        double largest = 0;
        for (std::size_t k = first; k < last; ++k) {
          if (!std::isnan(values[k])) largest = std::max(largest, std::fabs(values[k]));
        }
        const Fp8Scale scale(largest, maximum, true);
        scales.push_back(scale.scale);
        for (std::size_t k = first; k < last; ++k) {
          const double scaled = fp8_scaled(values[k], scale.inverse, maximum, false);
          x.push_back(format.value_of(format.code_of(scaled)));
        }
      }
    }
    for (const std::uint32_t code : problem.operand("w").bits) {
      w.push_back(format.value_of(static_cast<int>(code)));
    }
    w_scale = problem.operand("w_scale").values().at(0);
    if (const Operand* given = problem.find("bias")) bias = given->values();
  }
};

Reference second_reference(const Problem& problem) {
  const Batch batch(problem);
  return [batch](const Problem&, const Operand& output, std::int64_t index) {
    return batch.answer(output.dtype, index);
  };
}

TEST(OracleAudit, QuantizedBmm) {
  audit(quantized_bmm::model(), quantized_bmm::oracle(), "strided",
        {{"T", 16}, {"V", 16}, {"blocks", 4}}, &second_reference);
}

TEST(OracleAudit, QuantizedBmmRequiredCases) {
  audit_required(quantized_bmm::model(), quantized_bmm::oracle(), "strided", &second_reference);
}

// What the two tests above are worth: each form, and FP8 in both formats and with a bias.
TEST(OracleAudit, QuantizedBmmMeetsEveryForm) {
  std::set<std::string> met;
  for (const Case& c : required_cases("quantized_bmm")) {
    if (!is_small(quantized_bmm::model(), c, "strided")) continue;
    const bool fp8 = c.choice("form") == "fp8";
    met.insert(c.choice("form") + (fp8 ? " " + c.choice("format") : "") +
               (fp8 && c.flag("has_bias") ? " with a bias" : ""));
  }
  EXPECT_EQ(met.size(), 6U);
}

}  // namespace
}  // namespace mlacheck::oracle_audit
