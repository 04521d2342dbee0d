// A tile of 16 x 64 sums on the matrix unit of gfx90a, for blocks of two waves of 64 lanes.
//
// v_mfma_f32_16x16x4f32 takes fp32 operands, to which all element types of the ops convert exactly. The
// instructions that take 16-bit operands do more work at once, and on this target flush subnormal ones to
// zero (MIOpen's documentation says so), which the contracts do not allow.
//
// Arithmetic: k in ascending order, four products an instruction on top of the sums before. In what order
// these four are added, and how often rounded, AMD does not say: the result is within the bound of fp32
// sums in any order, and not bit-equal to the other variants.
#pragma once

#include <string>
#include <string_view>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kMatrixRows = 16;
inline constexpr int kMatrixColumns = 64;
inline constexpr int kMatrixThreads = 128;

/// Why the kernels with a MatrixTile cannot run on the current device; empty if they can.
inline std::string no_matrix_unit() {
  int device = 0;
  hipDeviceProp_t properties{};
  if (hipGetDevice(&device) != hipSuccess ||
      hipGetDeviceProperties(&properties, device) != hipSuccess) {
    return "the device's properties cannot be read";
  }
  const std::string name = properties.gcnArchName;
  if (std::string_view(name).starts_with("gfx90a")) return {};
  return "needs the matrix instructions of gfx90a, the device is " + name;
}

/// The sums that a thread holds: columns 16 (2 wave) + 16 half + lane % 16, rows 4 (lane / 16) + 0 to 3.
class MatrixTile {
 public:
  /// Adds x w over kDepth products, a multiple of 4. Element (row, k) of x is at
  /// x[row * x_row + k], element (k, column) of w at w[column * w_column + k * w_k].
  template <int kDepth>
  MLACHECK_DEVICE void add(const float* x, int x_row, const float* w, int w_column, int w_k) {
    static_assert(kDepth % kStep == 0);
    const int place = lane() % kMatrixRows;
    const int first = lane() / kMatrixRows;
    for (int k = first; k < kDepth; k += kStep) {
      for (int half = 0; half < 2; ++half) {
        sum_[half] =
            multiply(x[place * x_row + k], w[column(half) * w_column + k * w_k], sum_[half]);
      }
    }
  }

  /// use(row, column, sum) for each of the thread's sums.
  template <class Use>
  MLACHECK_DEVICE void each(const Use& use) const {
    for (int half = 0; half < 2; ++half) {
      for (int i = 0; i < 4; ++i) use(row(i), column(half), sum_[half][i]);
    }
  }

 private:
  using Four = __attribute__((__vector_size__(4 * sizeof(float)))) float;
  static constexpr int kStep = 4;
  static constexpr int kWave = 64;

  static MLACHECK_DEVICE int lane() { return static_cast<int>(threadIdx.x) % kWave; }
  static MLACHECK_DEVICE int row(int i) { return lane() / kMatrixRows * 4 + i; }
  static MLACHECK_DEVICE int column(int half) {
    return static_cast<int>(threadIdx.x) / kWave * 32 + half * 16 + lane() % kMatrixRows;
  }
  static MLACHECK_DEVICE Four multiply([[maybe_unused]] float x, [[maybe_unused]] float w,
                                       Four sum) {
#if defined(__gfx90a__)
    return __builtin_amdgcn_mfma_f32_16x16x4f32(x, w, sum, 0, 0, 0);
#else
    __builtin_trap();  // no_matrix_unit() has said so
    return sum;
#endif
  }

  Four sum_[2] = {};
};

}  // namespace mlacheck::MLACHECK_TARGET
