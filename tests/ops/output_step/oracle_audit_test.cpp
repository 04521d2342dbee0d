// K18 for output_step: see oracle_audit.hpp. The second reference, too, goes from step to step, each
// time on from what the oracle says that the step before stores.
#include <memory>

#include "properties/output_step/model.hpp"
#include "reference/output_step/oracle.hpp"
#include "tests/support/oracle_audit_products.hpp"

namespace mlacheck::oracle_audit {
namespace {

std::vector<double> part(const std::vector<double>& of, std::int64_t first, std::int64_t count) {
  return {of.begin() + first, of.begin() + first + count};
}

Answer exactly(double exact, double in_float) {
  Answer answer;
  answer.bitwise = true;
  answer.exact = exact;
  answer.in_float = in_float;
  return answer;
}

class Chain {
 public:
  explicit Chain(const Problem& problem)
      : problem_(problem),
        mx_product_(problem.integer("product") == 0),
        projection_(problem.integer("projection")),
        format_{problem.integer("format") != 0},
        maximum_(static_cast<double>(problem.integer("maximum"))),
        group_(projection_ == 1 ? 32 : problem.integer("group")),
        heads_(problem.operand("w_uv").layout.shape[0]),
        width_(problem.operand("w_uv").layout.shape[1]),
        depth_(problem.operand("latent_out").layout.shape[2]),
        columns_(problem.operand("out").layout.shape[1]),
        dtype_(problem.operand("out").dtype) {
    for (const ExpectedTensor& tensor : output_step::oracle().expect(problem).outputs) {
      std::vector<std::uint32_t> bits;
      const DType dtype = problem.operand(tensor.operand).dtype;
      for (const double value : tensor.value) bits.push_back(encode(dtype, value));
      if (tensor.operand == "values") values_ = bits;
      if (tensor.operand == "codes") codes_ = bits;
      if (tensor.operand == "scales") scales_ = bits;
    }
    read_product();
    read_projection();
  }

  Answer answer(const Operand& output, std::int64_t index) const {
    if (output.name == "values") return value(index);
    if (output.name == "codes") return code(index);
    if (output.name == "scales") return scale(index);
    return projected(index / columns_, index % columns_);
  }

 private:
  std::int64_t row() const { return heads_ * width_; }
  std::int64_t groups() const { return (width_ + group_ - 1) / group_; }

  void read_product() {
    const Operand& x = problem_.operand("latent_out");
    if (values_.empty()) return;
    if (mx_product_) {
      x_ = quantized(x);
      w_ = dequantized(problem_.operand("w_uv"), problem_.operand("w_uv_scales"));
      return;
    }
    const std::vector<double> latents = x.values();
    for (std::size_t line = 0; line < latents.size(); line += at(depth_)) {
      for (std::size_t first = line; first < line + at(depth_); first += 128) {
        const std::size_t last = std::min(first + 128, line + at(depth_));
        double largest = 0;
        for (std::size_t k = first; k < last; ++k) {
          if (!std::isnan(latents[k])) largest = std::max(largest, std::fabs(latents[k]));
        }
        const Fp8Scale scale(largest, maximum_, true);
        x_scales_.push_back(scale.scale);
        for (std::size_t k = first; k < last; ++k) {
          x_.push_back(format_.value_of(
              format_.code_of(fp8_scaled(latents[k], scale.inverse, maximum_, false))));
        }
      }
    }
    w_ = decoded(problem_.operand("w_uv"));
  }

  std::vector<double> decoded(const Operand& codes) const {
    std::vector<double> values;
    for (const std::uint32_t code : codes.bits) {
      values.push_back(format_.value_of(static_cast<int>(code)));
    }
    return values;
  }

  void read_projection() {
    const Operand& w = problem_.operand("w_o");
    if (projection_ == 0) {
      for (const std::uint32_t bits : values_) row_.push_back(decode(dtype_, bits));
      w_o_ = w.values();
    } else if (projection_ == 1) {
      Operand codes;
      codes.bits = codes_;
      Operand scales;
      scales.bits = scales_;
      row_ = dequantized(codes, scales);
      w_o_ = dequantized(w, problem_.operand("w_o_scales"));
    } else {
      for (const std::uint32_t code : codes_) {
        row_.push_back(format_.value_of(static_cast<int>(code)));
      }
      w_o_ = decoded(w);
    }
  }

  Answer value(std::int64_t index) const {
    const std::int64_t line = index / width_;
    const std::int64_t weights = line % heads_ * width_ + index % width_;
    const Terms terms{part(x_, line * depth_, depth_), part(w_, weights * depth_, depth_)};
    if (mx_product_) return mx_answer(terms, dtype_);
    Fp8 element;
    element.codes = terms;
    for (std::int64_t first = 0; first < depth_; first += 128) {
      element.sizes.push_back(at(std::min<std::int64_t>(128, depth_ - first)));
    }
    const auto count = static_cast<std::int64_t>(element.sizes.size());
    element.scales = part(x_scales_, line * count, count);
    element.w_scale = problem_.operand("w_uv_scale").values().at(0);
    return element.answer(dtype_);
  }

  // First and size of group `g` of a token.
  std::pair<std::size_t, std::size_t> group_of(std::int64_t token, std::int64_t g) const {
    const std::int64_t in_head = g % groups() * group_;
    return {at(token * row() + g / groups() * width_ + in_head),
            at(std::min(group_, width_ - in_head))};
  }

  double largest_of(std::size_t first, std::size_t count) const {
    double largest = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      const double value = decode(dtype_, values_[i]);
      if (!std::isnan(value)) largest = std::max(largest, std::fabs(value));
    }
    return largest;
  }

  Answer scale(std::int64_t index) const {
    const std::int64_t per_token = heads_ * groups();
    const auto [first, count] = group_of(index / per_token, index % per_token);
    if (projection_ == 1) {
      const int byte = MxCodes(dtype_, &values_[first], count).byte;
      return exactly(byte, byte);
    }
    const double largest = largest_of(first, count);
    const float in_float =
        std::max(static_cast<float>(largest), 1e-10F) / static_cast<float>(maximum_);
    return exactly(Fp8Scale(largest, maximum_, false).scale, static_cast<double>(in_float));
  }

  // No step of a code depends on how far a float goes, but for FP8 those that the contract names.
  Answer code(std::int64_t index) const {
    if (projection_ == 1) {
      const std::size_t first = at(2 * index) / 32 * 32;
      const MxCodes block(dtype_, &values_[first], 32);
      const std::size_t in_block = at(2 * index) - first;
      const int pair = block.codes[in_block] + 16 * block.codes[in_block + 1];
      return exactly(pair, pair);
    }
    const std::int64_t token = index / row();
    const std::int64_t column = index % row();
    const std::int64_t g = column / width_ * groups() + column % width_ / group_;
    const auto [first, count] = group_of(token, g);
    const Fp8Scale scale(largest_of(first, count), maximum_, false);
    const double value = decode(dtype_, values_[at(index)]);
    const int code = format_.code_of(fp8_scaled(value, scale.inverse, maximum_, false));
    return exactly(code, code);
  }

  Answer projected(std::int64_t token, std::int64_t column) const {
    const Terms terms{part(row_, token * row(), row()), part(w_o_, column * row(), row())};
    if (projection_ <= 1) return mx_answer(terms, dtype_);
    Fp8 element;
    element.codes = terms;
    for (std::int64_t g = 0; g < heads_ * groups(); ++g) {
      element.sizes.push_back(group_of(token, g).second);
      element.scales.push_back(decode(DType::f32, scales_[at(token * heads_ * groups() + g)]));
    }
    element.w_scale = problem_.operand("w_o_scale").values().at(0);
    return element.answer(dtype_);
  }

  const Problem& problem_;
  bool mx_product_;
  std::int64_t projection_;
  E4m3 format_;
  double maximum_;
  std::int64_t group_;
  std::int64_t heads_;
  std::int64_t width_;
  std::int64_t depth_;
  std::int64_t columns_;
  DType dtype_;
  std::vector<std::uint32_t> values_;
  std::vector<std::uint32_t> codes_;
  std::vector<std::uint32_t> scales_;
  std::vector<double> x_;
  std::vector<double> x_scales_;
  std::vector<double> w_;
  std::vector<double> row_;  // what the projection multiplies
  std::vector<double> w_o_;
};

Reference second_reference(const Problem& problem) {
  const auto chain = std::make_shared<const Chain>(problem);
  return [chain](const Problem&, const Operand& output, std::int64_t index) {
    return chain->answer(output, index);
  };
}

TEST(OracleAudit, OutputStep) {
  audit(output_step::model(), output_step::oracle(), "optimised", {{"V", 32}, {"T", 16}},
        &second_reference);
}

TEST(OracleAudit, OutputStepRequiredCases) {
  audit_required(output_step::model(), output_step::oracle(), "optimised", &second_reference);
}

}  // namespace
}  // namespace mlacheck::oracle_audit
