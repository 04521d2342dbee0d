#include "properties/common/operands.hpp"
#include "properties/output_step/fields.hpp"

namespace mlacheck::output_step {
namespace {

// Adds the operands of one case, in the order of the contract.
class Builder {
 public:
  explicit Builder(const Fields& f)
      : f_(f),
        p_(f.parameters()),
        layouts_(f.layouts()),
        seed_(static_cast<std::uint64_t>(f.seed)) {}

  Problem build() {
    if (p_.mxfp4_product()) {
      add_mxfp4_product();
    } else {
      add_fp8_product();
    }
    add_output_weights();
    add_output("values", f_.dtype);
    if (p_.quantizes()) {
      add_output("codes", DType::u8, p_.mxfp4() ? CodeFormat::e2m1_pairs : fp8_label());
      if (p_.mxfp4()) {
        add_output("scales", DType::u8, CodeFormat::e8m0);
      } else {
        add_output("scales", DType::f32);
      }
    }
    add_output("out", f_.dtype);
    reference::write_scalars(problem_, p_);
    return std::move(problem_);
  }

 private:
  CodeFormat fp8_label() const {
    return f_.format == Fp8Format::e4m3fnuz ? CodeFormat::e4m3fnuz : CodeFormat::e4m3fn;
  }

  quantized_bmm::Sizes product_sizes() const {
    const Sizes s = f_.sizes();
    return {s.tokens, s.heads, s.width, s.latent};
  }

  void add_mxfp4_product() {
    const quantized_bmm::Values values = product_values(f_.values);
    add("latent_out", f_.dtype, quantized_bmm::x_bits(values, f_.dtype, seed_, product_sizes()),
        no_values());
    quantized_bmm::MxBits w = quantized_bmm::w_codes(values, f_.dtype, seed_, product_sizes());
    add("w_uv", DType::u8, std::move(w.pairs), no_values(), CodeFormat::e2m1_pairs);
    add("w_uv_scales", DType::u8, std::move(w.scales), no_values(), CodeFormat::e8m0);
  }

  void add_fp8_product() {
    const quantized_bmm::Values values = product_values(f_.values);
    const auto maximum = static_cast<double>(f_.maximum);
    add("latent_out", f_.dtype, quantized_bmm::fp8_x_bits(values, seed_, maximum, product_sizes()),
        no_values());
    add("w_uv", DType::u8, quantized_bmm::fp8_w_codes(values, f_.format, seed_, product_sizes()),
        no_values(), fp8_label());
    add("w_uv_scale", DType::f32,
        {quantized_bmm::fp8_w_scale(values, quantized_bmm::WeightScale::ordinary, seed_)},
        no_values());
  }

  void add_output_weights() {
    OutputWeights weights = output_weights(f_.values, p_, f_.dtype, seed_, f_.sizes());
    const DType dtype = p_.quantizes() ? DType::u8 : f_.dtype;
    const CodeFormat label = p_.mxfp4() ? CodeFormat::e2m1_pairs
                             : p_.fp8() ? fp8_label()
                                        : CodeFormat::plain;
    add("w_o", dtype, std::move(weights.codes), no_output(), label);
    if (p_.mxfp4()) {
      add("w_o_scales", DType::u8, std::move(weights.scales), no_output(), CodeFormat::e8m0);
    } else if (p_.fp8()) {
      add("w_o_scale", DType::f32, std::move(weights.scales), no_output());
    }
  }

  bool no_values() const { return f_.tokens * f_.sizes().row() == 0; }
  bool no_output() const { return f_.tokens * f_.columns == 0; }

  // What nobody needs may not be read.
  void add(const std::string& name, DType dtype, std::vector<std::uint32_t> bits, bool unused,
           CodeFormat format = CodeFormat::plain) {
    Operand operand = input_operand(name, dtype, layouts_.at(name), std::move(bits), format);
    if (unused) operand.cells.assign(operand.bits.size(), Cell::dead);
    problem_.operands.push_back(std::move(operand));
  }

  void add_output(const std::string& name, DType dtype, CodeFormat format = CodeFormat::plain) {
    problem_.operands.push_back(output_operand(name, dtype, layouts_.at(name), format));
  }

  const Fields& f_;
  Parameters p_;
  std::map<std::string, Layout> layouts_;
  std::uint64_t seed_;
  Problem problem_;
};

}  // namespace

Problem problem_of(const Fields& fields) { return Builder(fields).build(); }

}  // namespace mlacheck::output_step
