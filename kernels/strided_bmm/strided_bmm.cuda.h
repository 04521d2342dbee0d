// The product by cuBLAS, which is loaded at run time: a machine without it skips these variants.
//
// cuBLAS is column-major, so it computes out^T = w^T x^T for each head with m = V, n = B, k = L:
// ldc is the row stride of out and the distance between heads is V. The N result matrices
// interleave; no element is shared as long as ldc >= N * V.
#pragma once

#include <cublas_v2.h>
#include <dlfcn.h>

#include <algorithm>
#include <limits>
#include <string>

#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET {

/// The few functions of cuBLAS that are used, and one handle for each host thread.
class Cublas {
 public:
  static Cublas& instance() {
    static thread_local Cublas cublas;
    return cublas;
  }

  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;
  ~Cublas() {
    if (handle_ != nullptr) destroy_(handle_);
  }

  /// Empty, or why it cannot be used.
  const std::string& unavailable() const { return unavailable_; }

  /// One product for each of `batch` heads.
  struct Product {
    cublasOperation_t w_operation;
    int m, n, k, batch;
    const void* w;
    int ldw;
    std::int64_t stride_w;
    const void* x;
    int ldx;
    std::int64_t stride_x;
    void* out;
    int ldout;
    std::int64_t stride_out;
    DType dtype;
  };

  Status run(const Product& p, void* stream) {
    const float alpha = 1;
    const float beta = 0;
    const cudaDataType_t type = p.dtype == DType::f32   ? CUDA_R_32F
                                : p.dtype == DType::f16 ? CUDA_R_16F
                                                        : CUDA_R_16BF;
    // Pedantic keeps fp32 products out of TF32.
    const cublasComputeType_t compute =
        p.dtype == DType::f32 ? CUBLAS_COMPUTE_32F_PEDANTIC : CUBLAS_COMPUTE_32F;
    cublasStatus_t status = set_stream_(handle_, static_cast<cudaStream_t>(stream));
    if (status == CUBLAS_STATUS_SUCCESS) {
      status = gemm_(handle_, p.w_operation, CUBLAS_OP_N, p.m, p.n, p.k, &alpha, p.w, type, p.ldw,
                     p.stride_w, p.x, type, p.ldx, p.stride_x, &beta, p.out, type, p.ldout,
                     p.stride_out, p.batch, compute, CUBLAS_GEMM_DEFAULT);
    }
    if (status == CUBLAS_STATUS_SUCCESS) return {};
    return {StatusCode::launch_failed, "cuBLAS returned status " + std::to_string(status)};
  }

 private:
  Cublas() {
    for (const char* name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so"}) {
      library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library_ != nullptr) break;
    }
    if (library_ == nullptr) {
      unavailable_ = "cuBLAS was not found";
      return;
    }
    load(create_, "cublasCreate_v2");
    load(destroy_, "cublasDestroy_v2");
    load(set_stream_, "cublasSetStream_v2");
    load(set_math_mode_, "cublasSetMathMode");
    load(gemm_, "cublasGemmStridedBatchedEx");
    if (!unavailable_.empty()) return;
    if (create_(&handle_) != CUBLAS_STATUS_SUCCESS) {
      handle_ = nullptr;
      unavailable_ = "cuBLAS could not make a handle";
      return;
    }
    // 16-bit products accumulate in fp32 also across split-K parts.
    const auto mode = static_cast<cublasMath_t>(CUBLAS_DEFAULT_MATH |
                                                CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION);
    if (set_math_mode_(handle_, mode) != CUBLAS_STATUS_SUCCESS) {
      unavailable_ = "cuBLAS refused the math mode";
    }
  }

  template <class Function>
  void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    if (function == nullptr) unavailable_ = std::string("cuBLAS has no ") + name;
  }

  void* library_ = nullptr;  // stays loaded: unloading a CUDA library at exit is not safe
  cublasHandle_t handle_ = nullptr;
  std::string unavailable_;
  decltype(&cublasCreate_v2) create_ = nullptr;
  decltype(&cublasDestroy_v2) destroy_ = nullptr;
  decltype(&cublasSetStream_v2) set_stream_ = nullptr;
  decltype(&cublasSetMathMode) set_math_mode_ = nullptr;
  // The name is overloaded in the header, so its type is written out.
  cublasStatus_t (*gemm_)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                          const void*, const void*, cudaDataType_t, int, long long, const void*,
                          cudaDataType_t, int, long long, const void*, void*, cudaDataType_t, int,
                          long long, int, cublasComputeType_t, cublasGemmAlgo_t) = nullptr;
};

inline std::string cublas_unavailable() { return Cublas::instance().unavailable(); }

namespace bmm {

/// True if the axes of a matrix can be told to cuBLAS: unit stride along `inner` and a leading
/// dimension that holds a row. Axes of extent 1 may have any stride.
inline bool leading_dimension(const Tensor& t, std::size_t inner, std::size_t outer, int& ld) {
  const std::int64_t least = std::max<std::int64_t>(t.shape[inner], 1);
  if (t.shape[inner] > 1 && t.stride[inner] != 1) return false;
  const std::int64_t stride = t.shape[outer] > 1 ? t.stride[outer] : least;
  if (stride < least || stride > std::numeric_limits<int>::max()) return false;
  ld = static_cast<int>(stride);
  return true;
}

/// cuBLAS into the view `to` [B, N, V].
inline Status cublas_multiply(const BmmOperands& o, const Tensor& to, LaunchContext& context) {
  Cublas::Product p{};
  if (leading_dimension(o.w, 2, 1, p.ldw)) {
    p.w_operation = CUBLAS_OP_N;
  } else if (leading_dimension(o.w, 1, 2, p.ldw)) {
    p.w_operation = CUBLAS_OP_T;
  } else {
    return {StatusCode::unsupported, "cuBLAS needs w with unit stride along L or V"};
  }
  if (!leading_dimension(o.x, 2, 0, p.ldx)) {
    return {StatusCode::unsupported, "cuBLAS needs x with unit stride along L"};
  }
  if (!leading_dimension(to, 2, 0, p.ldout)) {
    return {StatusCode::unsupported, "cuBLAS needs out with unit stride along V"};
  }
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (std::max({o.width(), o.rows(), o.latent(), o.heads()}) > kMost) {
    return {StatusCode::unsupported, "cuBLAS needs extents below 2^31"};
  }
  p.m = static_cast<int>(o.width());
  p.n = static_cast<int>(o.rows());
  p.k = static_cast<int>(o.latent());
  p.batch = static_cast<int>(o.heads());
  p.w = o.w.data;
  p.stride_w = o.w.stride[0];
  p.x = o.x.data;
  p.stride_x = o.x.stride[1];
  p.out = to.data;
  p.stride_out = to.stride[1];
  p.dtype = o.x.dtype;
  return Cublas::instance().run(p, context.stream());
}

/// For L = 0 cuBLAS may leave its result as it was; the bundled kernel writes zeros.
inline Status cublas_or_zeros(const BmmOperands& o, const Tensor& to, LaunchContext& context) {
  if (o.latent() > 0) return cublas_multiply(o, to, context);
  return dispatch(o.x.dtype,
                  [&](auto element) { return multiply<decltype(element)>(o, to, context); });
}

}  // namespace bmm

/// cuBLAS straight into the transposed view.
inline Status strided_bmm_cublas(const Call& call, LaunchContext& context) {
  BmmOperands operands;
  const Status checked = bmm::check(call, operands);
  if (!checked.ok() || operands.empty()) return checked;
  return bmm::cublas_or_zeros(operands, operands.out, context);
}

/// cuBLAS into a dense [N, B, V] buffer, then a transposing copy.
inline Status strided_bmm_cublas_copy(const Call& call, LaunchContext& context) {
  BmmOperands operands;
  const Status checked = bmm::check(call, operands);
  if (!checked.ok() || operands.empty()) return checked;
  const Tensor dense = context.allocate("dense", operands.x.dtype,
                                        {operands.heads(), operands.rows(), operands.width()});
  if (dense.data == nullptr) return {StatusCode::out_of_memory, "no memory for the dense product"};
  const Status multiplied = bmm::cublas_or_zeros(operands, bmm::transposed(dense), context);
  const Status copied = multiplied.ok() ? bmm::dispatch(operands.x.dtype,
                                                        [&](auto element) {
                                                          return bmm::copy_out<decltype(element)>(
                                                              operands, dense, context);
                                                        })
                                        : multiplied;
  context.release(dense);
  return copied;
}

}  // namespace mlacheck::MLACHECK_TARGET
