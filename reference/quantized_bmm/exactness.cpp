#include "reference/quantized_bmm/exactness.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::MxBlock;
using reference::quantize_mxfp4;
using reference::ScaleRule;

constexpr std::size_t kBlock = 32;
constexpr std::uint32_t kMagnitudes = 0x77;  // of both codes of a pair
constexpr int kBias = 127;

struct Block {
  std::uint32_t scale = 0;
  bool is_zero = true;
};

std::vector<Block> packed(const std::vector<std::uint32_t>& pairs,
                          const std::vector<std::uint32_t>& scales) {
  std::vector<Block> blocks;
  for (const std::uint32_t scale : scales) blocks.push_back({scale, true});
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if ((pairs[i] & kMagnitudes) != 0) blocks[2 * i / kBlock].is_zero = false;
  }
  return blocks;
}

std::vector<Block> quantized(const Operand& x) {
  std::vector<Block> blocks;
  std::array<float, kBlock> elements{};
  for (std::size_t first = 0; first < x.bits.size(); first += kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      elements[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
    }
    const MxBlock block = quantize_mxfp4(elements, ScaleRule::even);
    const bool is_zero = std::all_of(block.codes.begin(), block.codes.end(),
                                     [](std::uint8_t code) { return code % 8 == 0; });
    blocks.push_back({block.scale, is_zero});
  }
  return blocks;
}

bool dot_is_exact(const Block* a, const Block* b, std::size_t blocks, int widest) {
  // 6 * 2^126 is no fp32 number any more; quarters of the unit must be, and 36 K times the largest.
  constexpr std::uint32_t kMostScale = kBias + 124;
  constexpr int kLeast = -147;
  constexpr int kMost = 100;
  int least = std::numeric_limits<int>::max();
  int most = std::numeric_limits<int>::min();
  for (std::size_t j = 0; j < blocks; ++j) {
    // A NaN scale makes NaNs of zeros too.
    if (a[j].scale > kMostScale || b[j].scale > kMostScale) return false;
    if (a[j].is_zero || b[j].is_zero) continue;
    const int exponent = static_cast<int>(a[j].scale + b[j].scale) - 2 * kBias;
    least = std::min(least, exponent);
    most = std::max(most, exponent);
  }
  return least > most || (most - least <= widest && least >= kLeast && most <= kMost);
}

}  // namespace

int widest_exact_spread(std::int64_t terms) {
  constexpr std::int64_t kUnits = 144;
  constexpr std::int64_t kDigits = std::int64_t{1} << 24;
  int spread = -1;
  for (std::int64_t sum = kUnits * std::max<std::int64_t>(terms, 1); sum <= kDigits; sum *= 2) {
    ++spread;
  }
  return spread;
}

std::vector<bool> exact_by_scales(const Problem& problem) {
  const Operands o{problem};
  const std::vector<std::int64_t>& shape = o.out().layout.shape;
  const Operand& weights = o.w_scales();
  const auto heads = static_cast<std::size_t>(shape[1]);
  const auto columns = static_cast<std::size_t>(shape[2]);
  const auto blocks = static_cast<std::size_t>(weights.layout.shape[2]);
  const int widest = widest_exact_spread(static_cast<std::int64_t>(blocks * kBlock));
  const std::vector<Block> w = packed(o.w().bits, weights.bits);
  const std::vector<Block> x = Parameters::of(problem).quantizes_to_mxfp4()
                                   ? quantized(o.x())
                                   : packed(o.x().bits, o.x_scales().bits);
  std::vector<bool> exact;
  for (std::size_t line = 0; line < static_cast<std::size_t>(shape[0]) * heads; ++line) {
    for (std::size_t column = 0; column < columns; ++column) {
      exact.push_back(dot_is_exact(x.data() + line * blocks,
                                   w.data() + (line % heads * columns + column) * blocks, blocks,
                                   widest));
    }
  }
  return exact;
}

}  // namespace mlacheck::quantized_bmm
