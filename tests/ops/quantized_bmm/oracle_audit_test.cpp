// K18 for quantized_bmm, the MXFP4 forms and FP8: see oracle_audit.hpp.
#include <set>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/quantized_bmm/model.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "tests/support/oracle_audit_products.hpp"

namespace mlacheck::oracle_audit {
namespace {

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
    for (std::int64_t first = 0; first < depth; first += 128) {
      element.sizes.push_back(static_cast<std::size_t>(std::min<std::int64_t>(128, depth - first)));
    }
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
