#include "properties/common/operands.hpp"
#include "properties/quantized_bmm/fields.hpp"

namespace mlacheck::quantized_bmm {
namespace {

// Adds the operands of one case, in the order of the contract.
class Builder {
 public:
  explicit Builder(const Fields& f)
      : f_(f), layouts_(f.layouts()), seed_(static_cast<std::uint64_t>(f.seed)) {}

  Problem build() {
    if (f_.form == Form::fp8) {
      add_fp8_inputs();
    } else {
      add_mxfp4_inputs();
    }
    problem_.operands.push_back(output_operand("out", f_.out_dtype, layouts_.at("out")));
    reference::write_scalars(problem_, f_.parameters());
    return std::move(problem_);
  }

 private:
  void add_fp8_inputs() {
    const Sizes s = f_.sizes();
    add("x", DType::bf16, fp8_x_bits(f_.values, seed_, static_cast<double>(f_.maximum), s));
    add("w", DType::u8, fp8_w_codes(f_.values, f_.format, seed_, s),
        f_.format == Fp8Format::e4m3fnuz ? CodeFormat::e4m3fnuz : CodeFormat::e4m3fn);
    add("w_scale", DType::f32, {fp8_w_scale(f_.values, f_.weight_scale, seed_)});
    if (f_.has_bias) add("bias", DType::bf16, fp8_bias_bits(seed_, s));
  }

  void add_mxfp4_inputs() {
    const Sizes s = f_.sizes();
    const bool packed = f_.form == Form::afp4wfp4;
    const DType x_dtype = packed ? DType::bf16 : f_.x_dtype;
    if (packed) {
      MxBits x = x_codes(f_.values, seed_, s);
      add("x", DType::u8, std::move(x.pairs), CodeFormat::e2m1_pairs);
      add("x_scales", DType::u8, std::move(x.scales), CodeFormat::e8m0);
    } else {
      add("x", x_dtype, x_bits(f_.values, x_dtype, seed_, s));
    }
    MxBits w = w_codes(f_.values, x_dtype, seed_, s);
    add("w", DType::u8, std::move(w.pairs), CodeFormat::e2m1_pairs);
    add("w_scales", DType::u8, std::move(w.scales), CodeFormat::e8m0);
  }

  void add(const std::string& name, DType dtype, std::vector<std::uint32_t> bits,
           CodeFormat format = CodeFormat::plain) {
    Operand operand = input_operand(name, dtype, layouts_.at(name), std::move(bits), format);
    // Nothing may be read for an output without elements.
    if (f_.tokens * f_.heads * f_.columns == 0) {
      operand.cells.assign(operand.bits.size(), Cell::dead);
    }
    problem_.operands.push_back(std::move(operand));
  }

  const Fields& f_;
  std::map<std::string, Layout> layouts_;
  std::uint64_t seed_;
  Problem problem_;
};

}  // namespace

Problem problem_of(const Fields& fields) { return Builder(fields).build(); }

}  // namespace mlacheck::quantized_bmm
