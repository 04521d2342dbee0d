// The scalars and operands of a problem of the quantized batched product: the one place that spells
// their names.
#pragma once

#include <cstdint>

#include "reference/common/arguments.hpp"
#include "reference/common/formats.hpp"

namespace mlacheck::quantized_bmm {

using reference::Fp8Format;

/// In the order of the scalar `form`.
enum class Form : std::uint8_t {
  a16wfp4,   ///< x of 16 bits, which the op quantizes to MXFP4
  afp4wfp4,  ///< x is MXFP4
  fp8,       ///< x of bf16, which the op quantizes to FP8
};

constexpr std::int64_t kMxBlock = 32;
constexpr std::int64_t kFp8Group = 128;

struct Parameters {
  Form form = Form::a16wfp4;
  std::int64_t splits = 1;
  Fp8Format format = Fp8Format::e4m3fn;
  std::int64_t maximum = 448;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("form", form);
    bind("splits", splits);
    bind("format", format);
    bind("maximum", maximum);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }

  bool fp8() const { return form == Form::fp8; }
  bool packed() const { return form == Form::afp4wfp4; }
  bool quantizes_to_mxfp4() const { return form == Form::a16wfp4; }
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& x() const { return problem.operand("x"); }
  reference::OperandIn<P>& w() const { return problem.operand("w"); }
  reference::OperandIn<P>& out() const { return problem.operand("out"); }

  // Of packed x, of MXFP4, and of FP8.
  reference::OperandIn<P>& x_scales() const { return problem.operand("x_scales"); }
  reference::OperandIn<P>& w_scales() const { return problem.operand("w_scales"); }
  reference::OperandIn<P>& w_scale() const { return problem.operand("w_scale"); }
  const Operand* bias() const { return problem.find("bias"); }
};

}  // namespace mlacheck::quantized_bmm
