// The value up-projection by cuBLAS, which is what serving stacks run: one strided batched GEMM,
// column-major, of shape (V x L)(L x T) for each head,
//
//   C [V x T] = out   ldc = row stride, strideC = head stride (V when heads are packed): the H
//                     results interleave, which is legal since no element is shared
//   A [V x L] = w     as it lies where V has unit stride, transposed where L has
//   B [L x T] = x     ldb = row stride, strideB = head stride
//
// alpha = 1, beta = 0. Inputs that no leading dimension can describe are first copied into dense
// scratch. The library is opened at run time, so that nothing links to it.
//
// Arithmetic: fp32 without TF32, and fp32 accumulation of 16-bit inputs without 16-bit reductions
// of split sums. The oracle's bound holds for compute capability 9.0 and newer (docs/bounds.md).
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

namespace cublas {

struct Library {
  /// Opens libcublas once; `reason` says why that failed.
  static const Library& instance() {
    static const Library kLibrary;
    return kLibrary;
  }

  std::string reason;
  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasDestroy_v2) destroy = nullptr;
  decltype(&cublasSetStream_v2) set_stream = nullptr;
  decltype(&cublasSetWorkspace_v2) set_workspace = nullptr;
  decltype(&cublasSetMathMode) set_math_mode = nullptr;
  decltype(&cublasGemmStridedBatchedEx_64) gemm = nullptr;
  decltype(&cublasGetStatusString) status_string = nullptr;

 private:
  Library() {
    void* library = nullptr;
    for (const char* name : {"libcublas.so.13", "libcublas.so.12"}) {
      library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library != nullptr) break;
    }
    if (library == nullptr) {
      reason = "neither libcublas.so.13 nor libcublas.so.12 can be opened";
      return;
    }
    find(library, "cublasCreate_v2", create);
    find(library, "cublasDestroy_v2", destroy);
    find(library, "cublasSetStream_v2", set_stream);
    find(library, "cublasSetWorkspace_v2", set_workspace);
    find(library, "cublasSetMathMode", set_math_mode);
    find(library, "cublasGemmStridedBatchedEx_64", gemm);
    find(library, "cublasGetStatusString", status_string);
  }

  template <class Function>
  void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function == nullptr && reason.empty()) reason = std::string("libcublas has no ") + name;
  }
};

inline Status failed(const char* call, cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return {};
  return {StatusCode::launch_failed,
          std::string(call) + ": " + Library::instance().status_string(status)};
}

/// One handle a thread: a handle must not be used by two at once, and making one takes long.
inline Status thread_handle(cublasHandle_t& handle) {
  struct Destroy {
    void operator()(cublasContext* h) const { Library::instance().destroy(h); }
  };
  thread_local std::unique_ptr<cublasContext, Destroy> cached;
  if (cached == nullptr) {
    cublasHandle_t made = nullptr;
    if (Status status = failed("cublasCreate", Library::instance().create(&made)); !status.ok()) {
      return status;
    }
    cached.reset(made);
  }
  handle = cached.get();
  return {};
}

/// An operand as cuBLAS wants it.
struct Matrix {
  cublasOperation_t operation;
  std::int64_t leading;
  std::int64_t batch_stride;
};

/// `tensor` as a batch of column-major matrices rows x columns, where the arguments are its axes;
/// nothing if no leading dimension describes it. The strides of extents of 1 do not matter.
inline std::optional<Matrix> describe_matrix(const Tensor& tensor, std::size_t batch,
                                             std::size_t rows, std::size_t columns) {
  const std::int64_t height = tensor.shape[rows];
  const std::int64_t width = tensor.shape[columns];
  const std::int64_t down = height > 1 ? tensor.stride[rows] : 1;
  const std::int64_t across = width > 1 ? tensor.stride[columns] : 1;
  const std::int64_t batch_stride = tensor.shape[batch] > 1 ? tensor.stride[batch] : 0;
  if (down == 1 && (width == 1 || across >= height)) {
    return Matrix{CUBLAS_OP_N, std::max(across, height), batch_stride};
  }
  if (across == 1 && (height == 1 || down >= width)) {
    return Matrix{CUBLAS_OP_T, std::max(down, width), batch_stride};
  }
  return std::nullopt;
}

inline cudaDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return CUDA_R_16F;
    case DType::bf16:
      return CUDA_R_16BF;
    default:
      return CUDA_R_32F;
  }
}

/// Makes a handle ready for this thread's next product.
inline Status prepare(cublasHandle_t& handle, const Tensor& workspace, void* stream) {
  const Library& library = Library::instance();
  if (Status status = thread_handle(handle); !status.ok()) return status;
  // Setting the stream takes a workspace away, so the order matters.
  if (Status status =
          failed("cublasSetStream", library.set_stream(handle, static_cast<cudaStream_t>(stream)));
      !status.ok()) {
    return status;
  }
  const auto bytes = static_cast<std::size_t>(workspace.elements()) * size_of(workspace.dtype);
  if (Status status =
          failed("cublasSetWorkspace", library.set_workspace(handle, workspace.data, bytes));
      !status.ok()) {
    return status;
  }
  constexpr auto kMath = static_cast<cublasMath_t>(
      CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION);
  return failed("cublasSetMathMode", library.set_math_mode(handle, kMath));
}

inline Status gemm(const BmmTensors& t, const Matrix& w, const Matrix& x, const Matrix& out,
                   LaunchContext& context) {
  // The library's own workspace would be memory that the context does not know of.
  constexpr std::int64_t kWorkspaceWords = 1 << 20;
  const Tensor workspace = context.allocate("cublas_workspace", DType::i32, {kWorkspaceWords});
  if (workspace.data == nullptr) return no_scratch("cublas_workspace", t.out);
  cublasHandle_t handle = nullptr;
  if (Status status = prepare(handle, workspace, context.stream()); !status.ok()) return status;
  // The library chooses its own grid and leaves no receipts.
  if (Status status = context.record({"cublasGemmStridedBatchedEx", {0, 0, 0}, {0, 0, 0}, 0});
      !status.ok()) {
    return status;
  }
  const float alpha = 1;
  const float beta = 0;
  const cudaDataType_t type = data_type(t.out.dtype);
  if (Status status =
          failed("cublasGemmStridedBatchedEx",
                 Library::instance().gemm(handle, w.operation, x.operation, t.columns(), t.rows(),
                                          t.latent(), &alpha, t.w.data, type, w.leading,
                                          w.batch_stride, t.x.data, type, x.leading, x.batch_stride,
                                          &beta, t.out.data, type, out.leading, out.batch_stride,
                                          t.heads(), CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
      !status.ok()) {
    return status;
  }
  context.release(workspace);
  return {};
}

/// Puts a dense copy of `tensor` in scratch into its place, unless cuBLAS can take it as it is.
inline Status stage(std::string_view name, Tensor& tensor, std::optional<Matrix>& matrix,
                    std::size_t batch, std::size_t rows, std::size_t columns,
                    LaunchContext& context) {
  matrix = describe_matrix(tensor, batch, rows, columns);
  if (matrix.has_value()) return {};
  Tensor dense =
      context.allocate(name, tensor.dtype, {tensor.shape[0], tensor.shape[1], tensor.shape[2]});
  if (dense.data == nullptr) return no_scratch(name, tensor);
  if (Status status = strided_copy(tensor, dense, context); !status.ok()) return status;
  tensor = dense;
  matrix = describe_matrix(tensor, batch, rows, columns);
  return {};
}

inline Status product(const BmmTensors& tensors, LaunchContext& context) {
  // With nothing to add up, cuBLAS would be handed leading dimensions of 0.
  if (tensors.latent() == 0) return tiled_product(tensors, context);
  BmmTensors t = tensors;
  std::optional<Matrix> w;
  std::optional<Matrix> x;
  if (Status status = stage("dense_w", t.w, w, 0, 2, 1, context); !status.ok()) return status;
  if (Status status = stage("dense_x", t.x, x, 1, 2, 0, context); !status.ok()) return status;
  // Elements that share no memory, with unit stride along V, always have a leading dimension.
  const std::optional<Matrix> out = describe_matrix(t.out, 1, 2, 0);
  if (Status status = gemm(t, w.value(), x.value(), out.value(), context); !status.ok()) {
    return status;
  }
  if (t.w.data != tensors.w.data) context.release(t.w);
  if (t.x.data != tensors.x.data) context.release(t.x);
  return {};
}

inline Status strided(const Call& call, LaunchContext& context) {
  return run_strided(call, context, &product);
}

inline Status copy(const Call& call, LaunchContext& context) {
  return run_copy(call, context, &product);
}

inline std::string unavailable() {
  const std::string& reason = Library::instance().reason;
  if (!reason.empty()) return reason;
  int device = 0;
  int major = 0;
  if (cudaGetDevice(&device) != cudaSuccess ||
      cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess) {
    return "the device's compute capability cannot be read";
  }
  if (major >= 9) return {};
  return "compute capability " + std::to_string(major) +
         ".x, whose matrix units keep fewer bits than the bound assumes (9.0 and newer)";
}

}  // namespace cublas

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
