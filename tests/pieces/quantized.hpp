// Steps of a quantized layer in bf16 and MXFP4, right ones and wrong ones.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "tests/hostile/table.hpp"

namespace pieces {

using hostile::find;
using hostile::find_integer;
using mlacheck::adapt::stride;

constexpr std::int64_t kBlock = 32;
constexpr std::array<float, 8> kE2m1{0, 0.5F, 1, 1.5F, 2, 3, 4, 6};

inline float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// To nearest, ties to even; finite numbers only.
inline std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

template <class T>
T& item(const DLTensor* tensor, std::int64_t i, std::int64_t j) {
  return static_cast<T*>(tensor->data)[i * stride(*tensor, 0) + j * stride(*tensor, 1)];
}

template <class T>
T& item(const DLTensor* tensor, std::int64_t i, std::int64_t j, std::int64_t k) {
  return static_cast<T*>(
      tensor->data)[i * stride(*tensor, 0) + j * stride(*tensor, 1) + k * stride(*tensor, 2)];
}

struct Block {
  std::array<std::uint8_t, kBlock> codes{};
  std::uint8_t scale = 0;
};

// The scale by the largest magnitude with its mantissa rounded to two bits; codes to nearest, ties to the
// even one.
inline Block quantized(const std::array<float, kBlock>& values) {
  float most = 0;
  for (const float value : values) most = std::fmax(most, std::fabs(value));
  const auto field = static_cast<int>((std::bit_cast<std::uint32_t>(most) + 0x200000U) >> 23);
  Block block;
  block.scale = static_cast<std::uint8_t>(field < 2 ? 0 : field - 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float magnitude = std::ldexp(std::fabs(values[i]), 127 - block.scale);
    std::uint8_t code = 0;
    for (std::size_t next = 1; next < kE2m1.size(); ++next) {
      const float midpoint = (kE2m1[next - 1] + kE2m1[next]) / 2;
      if (magnitude > midpoint || (magnitude == midpoint && next % 2 == 0)) {
        code = static_cast<std::uint8_t>(next);
      }
    }
    block.codes[i] = static_cast<std::uint8_t>(code + (std::signbit(values[i]) ? 8 : 0));
  }
  return block;
}

inline float value_of(std::uint8_t code, std::uint8_t scale) {
  const float value = std::ldexp(kE2m1[code % 8], scale - 127);
  return code >= 8 ? -value : value;
}

inline std::uint8_t nibble(std::uint8_t pair, std::int64_t element) {
  return element % 2 == 0 ? pair % 16 : pair / 16;
}

// What a product takes of x at one token and head: dequantized, as it was handed it or as it rounds it.
inline float activation(const mlacheck_call* call, std::int64_t t, std::int64_t h, std::int64_t k) {
  const DLTensor* const x = find(call, "x");
  if (const DLTensor* const scales = find(call, "x_scales")) {
    return value_of(nibble(item<std::uint8_t>(x, t, h, k / 2), k),
                    item<std::uint8_t>(scales, t, h, k / kBlock));
  }
  std::array<float, kBlock> values{};
  const std::int64_t first = k / kBlock * kBlock;
  for (std::int64_t i = 0; i < kBlock; ++i) {
    values[static_cast<std::size_t>(i)] = from_bf16(item<std::uint16_t>(x, t, h, first + i));
  }
  const Block block = quantized(values);
  return value_of(block.codes[static_cast<std::size_t>(k - first)], block.scale);
}

inline mlacheck_status mxfp4_product(const mlacheck_call* call, bool first_scale_only) {
  const DLTensor* const w = find(call, "w");
  const DLTensor* const scales = find(call, "w_scales");
  const DLTensor* const out = find(call, "out");
  const std::int64_t depth = 2 * w->shape[2];
  for (std::int64_t t = 0; t < out->shape[0]; ++t) {
    for (std::int64_t h = 0; h < out->shape[1]; ++h) {
      for (std::int64_t v = 0; v < out->shape[2]; ++v) {
        float sum = 0;
        for (std::int64_t k = 0; k < depth; ++k) {
          const std::int64_t block = first_scale_only ? 0 : k / kBlock;
          sum += activation(call, t, h, k) * value_of(nibble(item<std::uint8_t>(w, h, v, k / 2), k),
                                                      item<std::uint8_t>(scales, h, v, block));
        }
        item<std::uint16_t>(out, t, h, v) = to_bf16(sum);
      }
    }
  }
  return MLACHECK_OK;
}

inline mlacheck_status mxfp4_bmm(void*, const mlacheck_call* call, mlacheck_context*) {
  return mxfp4_product(call, false);
}

// Right for a depth of one block.
inline mlacheck_status mxfp4_bmm_first_scale(void*, const mlacheck_call* call, mlacheck_context*) {
  return mxfp4_product(call, true);
}

inline mlacheck_status mxfp4_flatten(const mlacheck_call* call, bool high_first) {
  const DLTensor* const x = find(call, "x");
  const DLTensor* const codes = find(call, "codes");
  const DLTensor* const scales = find(call, "scales");
  const std::int64_t columns = x->shape[2];
  const std::int64_t blocks = (columns + kBlock - 1) / kBlock;
  for (std::int64_t t = 0; t < x->shape[0]; ++t) {
    for (std::int64_t h = 0; h < x->shape[1]; ++h) {
      for (std::int64_t b = 0; b < blocks; ++b) {
        std::array<float, kBlock> values{};
        const std::int64_t count = columns - b * kBlock < kBlock ? columns - b * kBlock : kBlock;
        for (std::int64_t i = 0; i < count; ++i) {
          values[static_cast<std::size_t>(i)] =
              from_bf16(item<std::uint16_t>(x, t, h, b * kBlock + i));
        }
        const Block block = quantized(values);
        item<std::uint8_t>(scales, t, h * blocks + b) = block.scale;
        for (std::int64_t i = 0; i < count; i += 2) {
          const std::uint8_t low = block.codes[static_cast<std::size_t>(high_first ? i + 1 : i)];
          const std::uint8_t high = block.codes[static_cast<std::size_t>(high_first ? i : i + 1)];
          item<std::uint8_t>(codes, t, (h * columns + b * kBlock + i) / 2) =
              static_cast<std::uint8_t>(low + 16 * high);
        }
      }
    }
  }
  return MLACHECK_OK;
}

inline mlacheck_status flatten(void*, const mlacheck_call* call, mlacheck_context*) {
  return mxfp4_flatten(call, false);
}

inline mlacheck_status flatten_high_first(void*, const mlacheck_call* call, mlacheck_context*) {
  return mxfp4_flatten(call, true);
}

inline mlacheck_status bf16_product(const mlacheck_call* call, std::int64_t left_out) {
  const DLTensor* const x = find(call, "x");
  const DLTensor* const w = find(call, "w");
  const DLTensor* const out = find(call, "out");
  for (std::int64_t t = 0; t < out->shape[0]; ++t) {
    for (std::int64_t h = 0; h < out->shape[1]; ++h) {
      for (std::int64_t v = 0; v < out->shape[2]; ++v) {
        float sum = 0;
        for (std::int64_t l = 0; l < x->shape[2] - left_out; ++l) {
          sum += from_bf16(item<std::uint16_t>(x, t, h, l)) *
                 from_bf16(item<std::uint16_t>(w, h, l, v));
        }
        item<std::uint16_t>(out, t, h, v) = to_bf16(sum);
      }
    }
  }
  return MLACHECK_OK;
}

inline mlacheck_status product_bf16(void*, const mlacheck_call* call, mlacheck_context*) {
  return bf16_product(call, 0);
}

inline mlacheck_status product_bf16_short(void*, const mlacheck_call* call, mlacheck_context*) {
  return bf16_product(call, 1);
}

}  // namespace pieces
