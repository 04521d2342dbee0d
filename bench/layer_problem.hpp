// Calls of the ops of a layer at the sizes of real models (docs/contracts.md has their operands), without
// contents but those of the batch: bf16, dense, pages of 64 tokens, each request with pages of its own.
#pragma once

#include <cstdint>

#include "harness/op/problem.hpp"

namespace mlacheck::bench {

// Columns that DeepSeek-V2-Lite, V3, R1 and Kimi-K2 have in common: of the latent vector, of its rope
// part, of the parts of a head.
inline constexpr std::int64_t kLatent = 512;
inline constexpr std::int64_t kRope = 64;
inline constexpr std::int64_t kNope = 128;
inline constexpr std::int64_t kValues = 128;
inline constexpr std::int64_t kPage = 64;

struct DecodeShape {
  std::int64_t heads;
  std::int64_t requests;
  std::int64_t tokens;  ///< of each request in the step
  std::int64_t keys;    ///< of each request, those of the step included
  std::int64_t splits;
};

/// The host knows all lengths.
Problem decode_problem(const DecodeShape& shape);

struct PrefillShape {
  std::int64_t heads;
  std::int64_t requests;
  std::int64_t tokens;   ///< new ones of each request
  std::int64_t context;  ///< cached tokens of each request
  std::int64_t chunks;   ///< at most so many, of equal width but for the last
};

/// One rank; every request has context.
Problem prefill_problem(const PrefillShape& shape);

/// Of both products and of what is quantized in between.
enum class OutputForm : std::uint8_t {
  mxfp4,
  fp8,  ///< E4M3FN, groups of 128, their scales row by row
};

struct OutputShape {
  std::int64_t heads;
  std::int64_t tokens;
  std::int64_t hidden;  ///< columns of the output projection
  OutputForm form;
};

Problem output_problem(const OutputShape& shape);

}  // namespace mlacheck::bench
