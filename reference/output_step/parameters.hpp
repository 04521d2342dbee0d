// The scalars and operands of a problem of an output step: the one place that spells their names.
#pragma once

#include <cstdint>

#include "harness/values/quotient.hpp"
#include "reference/common/arguments.hpp"
#include "reference/common/formats.hpp"

namespace mlacheck::output_step {

using reference::Fp8Format;

/// Of the value up-projection, in the order of the scalar `product`.
enum class Product : std::uint8_t { mxfp4, fp8 };

/// What the output projection takes, in the order of the scalar `projection`.
enum class Projection : std::uint8_t { plain, mxfp4, fp8, fp8_transposed };

constexpr std::int64_t kMxBlock = 32;

struct Parameters {
  Product product = Product::mxfp4;
  Projection projection = Projection::plain;
  std::int64_t group = 128;
  Fp8Format format = Fp8Format::e4m3fn;
  std::int64_t maximum = 448;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("product", product);
    bind("projection", projection);
    bind("group", group);
    bind("format", format);
    bind("maximum", maximum);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }

  bool mxfp4_product() const { return product == Product::mxfp4; }
  bool quantizes() const { return projection != Projection::plain; }
  bool mxfp4() const { return projection == Projection::mxfp4; }
  bool fp8() const { return quantizes() && !mxfp4(); }
  std::int64_t group_size() const { return mxfp4() ? kMxBlock : group; }
  reference::SmallFormat fp8_format() const { return reference::small_format(format); }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& latent_out() const { return problem.operand("latent_out"); }
  reference::OperandIn<P>& w_uv() const { return problem.operand("w_uv"); }
  reference::OperandIn<P>& w_o() const { return problem.operand("w_o"); }
  reference::OperandIn<P>& values() const { return problem.operand("values"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }

  // By the forms.
  reference::OperandIn<P>& w_uv_scales() const { return problem.operand("w_uv_scales"); }
  reference::OperandIn<P>& w_uv_scale() const { return problem.operand("w_uv_scale"); }
  reference::OperandIn<P>& w_o_scales() const { return problem.operand("w_o_scales"); }
  reference::OperandIn<P>& w_o_scale() const { return problem.operand("w_o_scale"); }
  reference::OperandIn<P>& codes() const { return problem.operand("codes"); }
  reference::OperandIn<P>& scales() const { return problem.operand("scales"); }

  std::int64_t tokens() const { return out().layout.shape[0]; }
  std::int64_t heads() const { return w_uv().layout.shape[0]; }
  std::int64_t width() const { return w_uv().layout.shape[1]; }
  std::int64_t latent() const { return latent_out().layout.shape[2]; }
  std::int64_t columns() const { return out().layout.shape[1]; }
  std::int64_t row() const { return heads() * width(); }
};

}  // namespace mlacheck::output_step
