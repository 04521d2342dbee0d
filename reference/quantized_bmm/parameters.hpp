// The scalars of a problem of the quantized batched product: the one place where they are written
// and read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/problem.hpp"
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

  /// Throws std::invalid_argument naming a scalar out of its range.
  static Parameters of(const Problem& problem);
  std::vector<std::pair<std::string, std::int64_t>> integers() const;

  bool fp8() const { return form == Form::fp8; }
  bool packed() const { return form == Form::afp4wfp4; }
  bool quantizes_to_mxfp4() const { return form == Form::a16wfp4; }
};

}  // namespace mlacheck::quantized_bmm
