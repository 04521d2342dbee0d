// The scalars and operands of a problem of flattening with quantization: the one place that spells
// their names.
#pragma once

#include <cstdint>

#include "harness/values/quotient.hpp"
#include "reference/common/arguments.hpp"
#include "reference/common/formats.hpp"
#include "reference/common/quantize.hpp"

namespace mlacheck::flatten_quant {

/// In the order of the scalar `form`.
enum class Form : std::uint8_t { mxfp4, fp8, fp8_transposed };

using reference::Fp8Format;

constexpr std::int64_t kMxBlock = 32;

struct Parameters {
  Form form = Form::mxfp4;
  std::int64_t group = kMxBlock;
  reference::SpecialBlock special_block = reference::SpecialBlock::launder;
  std::int64_t maximum = 240;
  Fp8Format format = Fp8Format::e4m3fn;
  bool clamp_keeps_nan = false;

  template <class Bind>
  void bind(const Bind& bind) {
    bind("form", form);
    bind("group", group);
    bind("special_block", special_block);
    bind("maximum", maximum);
    bind("format", format);
    bind("clamp_keeps_nan", clamp_keeps_nan);
  }
  static Parameters of(const Problem& problem) {
    return reference::read_scalars<Parameters>(problem);
  }

  bool mxfp4() const { return form == Form::mxfp4; }
  reference::SmallFormat code_format() const {
    return mxfp4() ? reference::SmallFormat::e2m1 : reference::small_format(format);
  }
  reference::Fp8Rule fp8_rule() const;
};

template <class P>
struct Operands {
  P& problem;
  reference::OperandIn<P>& x() const { return problem.operand("x"); }
  reference::OperandIn<P>& codes() const { return problem.operand("codes"); }
  reference::OperandIn<P>& scales() const { return problem.operand("scales"); }
};

/// The extents of x.
struct Sizes {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;

  static Sizes of(const Problem& problem);
  std::int64_t elements() const { return tokens * heads * columns; }
  std::int64_t groups(const Parameters& p) const { return rounded_up_quotient(columns, p.group); }
  std::int64_t code_columns(const Parameters& p) const {
    return heads * (p.mxfp4() ? columns / 2 : columns);
  }
  std::int64_t scale_columns(const Parameters& p) const { return heads * groups(p); }
};

}  // namespace mlacheck::flatten_quant
