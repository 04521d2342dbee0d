// Dense, aligned copies of operands, for kernels that take nothing else and whose caller copies.
// Installed as <mlacheck/stage.hpp>.
//
//   const Staged x(context, c.tensor("x"), "x", Access::read, copy_on_host);
//   const Staged out(context, c.tensor("out"), "out", Access::write, copy_on_host);
//   kernel(data<float>(x.tensor()), data<float>(out.tensor()));
//   out.finish();
//
// What is copied is not tested in the kernel: strides, places and guard pages meet the copies. Where
// the caller of a kernel does not copy either, a domain is the honest way ("layout=dense align=16",
// docs/domains.md).
#pragma once

#include "adapt.hpp"

namespace mlacheck::adapt {

/// As many axes as an operand has at most.
inline constexpr int kMostAxes = 5;

/// Elements that go from one place to another, strides in elements.
struct StridedCopy {
  char* to;
  const char* from;
  std::int64_t element_bytes;
  int axes;
  std::int64_t shape[kMostAxes];
  std::int64_t to_stride[kMostAxes];
  std::int64_t from_stride[kMostAxes];
  std::int64_t elements;
};

/// Carries a copy out, on the context's stream where there is one. False: it could not.
using Copier = bool (*)(mlacheck_context* context, const StridedCopy& copy);

inline bool copy_on_host(mlacheck_context* /*context*/, const StridedCopy& copy) {
  for (std::int64_t i = 0; i < copy.elements; ++i) {
    std::int64_t rest = i;
    std::int64_t to = 0;
    std::int64_t from = 0;
    for (int axis = copy.axes; axis-- > 0; rest /= copy.shape[axis]) {
      to += rest % copy.shape[axis] * copy.to_stride[axis];
      from += rest % copy.shape[axis] * copy.from_stride[axis];
    }
    std::memcpy(copy.to + to * copy.element_bytes, copy.from + from * copy.element_bytes,
                static_cast<std::size_t>(copy.element_bytes));
  }
  return true;
}

#ifdef __CUDACC__
template <class Element>
__global__ void copy_strided(StridedCopy copy, unsigned long long* receipt) {
  if (threadIdx.x == 0 && receipt != nullptr) atomicAdd(receipt, 1ULL);
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < copy.elements; i += step) {
    std::int64_t rest = i;
    std::int64_t to = 0;
    std::int64_t from = 0;
    for (int axis = copy.axes; axis-- > 0; rest /= copy.shape[axis]) {
      to += rest % copy.shape[axis] * copy.to_stride[axis];
      from += rest % copy.shape[axis] * copy.from_stride[axis];
    }
    reinterpret_cast<Element*>(copy.to)[to] = reinterpret_cast<const Element*>(copy.from)[from];
  }
}

/// `recorded`: the launch is recorded and counted. A subject that records its own launches has to
/// record these as well, and one that records none must not.
template <bool recorded>
bool copy_on_cuda(mlacheck_context* context, const StridedCopy& copy) {
  if (copy.elements == 0) return true;
  constexpr unsigned kThreads = 256;
  const std::int64_t wanted = (copy.elements + kThreads - 1) / kThreads;
  const auto blocks = static_cast<unsigned>(wanted < 65536 ? wanted : 65536);
  unsigned long long* receipt = nullptr;
  if constexpr (recorded) {
    const mlacheck_launch launch{"copy_strided", {blocks, 1, 1}, {kThreads, 1, 1}, 0};
    if (context->record_launch(context, &launch) != 0) return false;
    receipt = context->receipt_counter;
  }
  const auto stream = static_cast<cudaStream_t>(context->stream);
  switch (copy.element_bytes) {
    case 1:
      copy_strided<std::uint8_t><<<blocks, kThreads, 0, stream>>>(copy, receipt);
      break;
    case 2:
      copy_strided<std::uint16_t><<<blocks, kThreads, 0, stream>>>(copy, receipt);
      break;
    case 4:
      copy_strided<std::uint32_t><<<blocks, kThreads, 0, stream>>>(copy, receipt);
      break;
    default:
      return false;
  }
  return cudaGetLastError() == cudaSuccess;
}
#endif

enum class Access {
  read,
  write  ///< the copy starts with what the operand holds: elements that a kernel leaves alone stay
};

/// The operand itself where it is dense and aligned, else a copy in scratch of the context.
class Staged {
 public:
  /// Throws a Refusal where there is no scratch or the copy fails.
  Staged(mlacheck_context* context, const DLTensor& operand, const char* name, Access access,
         Copier copy, std::uintptr_t alignment = 16)
      : context_(context), operand_(operand), tensor_(operand), access_(access), copy_(copy) {
    if (is_dense(operand) && is_aligned(operand, alignment)) return;
    if (context->allocate(context, name, operand.dtype, operand.ndim, operand.shape, &tensor_) !=
        0) {
      refuse(MLACHECK_OUT_OF_MEMORY, std::string("no scratch for a copy of ") + name);
    }
    is_copy_ = true;
    carry_out(tensor_, operand_);
  }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  const DLTensor& tensor() const { return tensor_; }
  bool is_copy() const { return is_copy_; }

  /// Writes the copy of an output back, in the order of the stream.
  void finish() const {
    if (is_copy_ && access_ == Access::write) carry_out(operand_, tensor_);
  }

 private:
  void carry_out(const DLTensor& to, const DLTensor& from) const {
    if (to.ndim > kMostAxes) invalid("at most 5 axes can be copied, not " + text_of(to));
    StridedCopy copy{};
    copy.element_bytes = element_bytes(to);
    copy.elements = elements(to);
    if (copy.elements == 0) return;
    copy.to = static_cast<char*>(to.data) + to.byte_offset;
    copy.from = static_cast<const char*>(from.data) + from.byte_offset;
    copy.axes = to.ndim;
    for (int axis = 0; axis < to.ndim; ++axis) {
      copy.shape[axis] = to.shape[axis];
      copy.to_stride[axis] = stride(to, axis);
      copy.from_stride[axis] = stride(from, axis);
    }
    if (!copy_(context_, copy)) refuse(MLACHECK_LAUNCH_FAILED, "a copy of an operand failed");
  }

  mlacheck_context* context_;
  DLTensor operand_;
  DLTensor tensor_;
  Access access_;
  Copier copy_;
  bool is_copy_ = false;
};

}  // namespace mlacheck::adapt
