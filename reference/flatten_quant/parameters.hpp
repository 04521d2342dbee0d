// What a problem of flattening with quantization says besides the contents of x: the one place
// where its scalars are written and read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/problem.hpp"
#include "harness/values/quotient.hpp"
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

  /// Throws std::invalid_argument naming a scalar out of its range.
  static Parameters of(const Problem& problem);
  std::vector<std::pair<std::string, std::int64_t>> integers() const;

  bool mxfp4() const { return form == Form::mxfp4; }
  reference::SmallFormat code_format() const {
    return mxfp4() ? reference::SmallFormat::e2m1 : reference::small_format(format);
  }
  reference::Fp8Rule fp8_rule() const;
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
