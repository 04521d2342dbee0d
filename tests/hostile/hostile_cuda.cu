// Subjects on a GPU: one that is right, and others that are it with one thing wrong each.
// Built as a plug-in; tests/hostile/cuda_test.py sweeps it where there is a GPU.
#include <cuda_runtime.h>

#include "tests/hostile/table.hpp"

namespace {

struct View {
  float* data;
  long long stride[3];
  __device__ float& at(long long i, long long j, long long k = 0) const {
    return data[i * stride[0] + j * stride[1] + k * stride[2]];
  }
};

struct Merge {
  View prefix, prefix_lse, suffix, suffix_lse, out, lse_out;
  long long tokens, heads, width, with_context;
  unsigned long long* receipt;
};

enum class Fault {
  none,
  over_read,
  wild_write,
  spin,
  silent,            // right, and records nothing, as a closed library would
  hidden_launch,     // launches twice and records once
  hidden_wait,       // waits for the device and does not say so
  hidden_allocation  // takes device memory of its own
};

__device__ float blend(float a, float b, float wp, float ws) {
  return a * (wp / (wp + ws)) + b * (ws / (wp + ws));  // no sum past the largest number
}

// One thread for each (token, head).
template <Fault fault>
__global__ void merge(Merge m) {
  if (threadIdx.x == 0 && m.receipt != nullptr) atomicAdd(m.receipt, 1ULL);
  const long long at = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (at >= m.tokens * m.heads) return;
  const long long t = at / m.heads;
  const long long h = at % m.heads;
  const bool copy = t >= m.with_context;
  const float s = m.suffix_lse.at(h, t);
  const float p = copy ? -INFINITY : m.prefix_lse.at(h, t);
  const bool nan = !copy && (isnan(s) || isnan(p));
  const bool no_prefix = isinf(p);
  const bool no_suffix = isinf(s);
  const float top = no_prefix ? s : no_suffix ? p : fmaxf(p, s);
  const float wp = no_prefix ? 0 : expf(p - top);
  const float ws = no_suffix ? 0 : expf(s - top);
  for (long long d = 0; d < m.width; ++d) {
    float value = m.suffix.at(t, h, d);
    if (nan) {
      value = NAN;
    } else if (!copy && no_suffix) {
      value = no_prefix ? 0 : m.prefix.at(t, h, d);
    } else if (!copy && !no_prefix) {
      value = blend(m.prefix.at(t, h, d), value, wp, ws);
    }
    m.out.at(t, h, d) = value;
  }
  if (m.lse_out.data != nullptr) {
    const bool none = no_prefix && no_suffix && !copy;
    m.lse_out.at(h, t) = copy ? s : nan ? NAN : none ? -INFINITY : top + logf(wp + ws);
  }
  if (t != m.tokens - 1 || h != m.heads - 1) return;
  if constexpr (fault == Fault::over_read) {
    // One past the last element, with no effect on any result.
    const volatile float* const past = &m.suffix_lse.at(h, t) + 1;
    if (__float_as_uint(*past) == 0xDEADBEEFU) m.out.at(t, h, 0) += 1;
  } else if constexpr (fault == Fault::wild_write) {
    *reinterpret_cast<volatile float*>(16) = 1;
  } else if constexpr (fault == Fault::spin) {
    const volatile float* const never = &m.suffix_lse.at(h, t);
    while (__float_as_uint(*never) != 0xDEADBEEFU) {
    }
  }
}

View view(const mlacheck_call* call, const char* name) {
  View result{};
  const DLTensor* const tensor = hostile::find(call, name);
  if (tensor == nullptr) return result;
  result.data = static_cast<float*>(tensor->data);
  for (int k = 0; k < tensor->ndim; ++k) result.stride[k] = tensor->strides[k];
  return result;
}

template <Fault fault>
mlacheck_status run(void*, const mlacheck_call* call, mlacheck_context* context) {
  Merge m{};
  m.prefix = view(call, "prefix_out");
  m.prefix_lse = view(call, "prefix_lse");
  m.suffix = view(call, "suffix_out");
  m.suffix_lse = view(call, "suffix_lse");
  m.out = view(call, "out");
  m.lse_out = view(call, "lse_out");
  const DLTensor& out = *hostile::find(call, "out");
  if (out.dtype.code != kDLFloat || out.dtype.bits != 32) {
    context->set_error(context, "argument out: only fp32 is supported");
    return MLACHECK_UNSUPPORTED;
  }
  m.tokens = out.shape[0];
  m.heads = out.shape[1];
  m.width = out.shape[2];
  m.with_context = hostile::find_integer(call, "prefill_tokens_with_context");
  if (m.tokens * m.heads == 0) return MLACHECK_OK;
  if (fault != Fault::silent) m.receipt = context->receipt_counter;
  constexpr unsigned kThreads = 128;
  const auto blocks = static_cast<unsigned>((m.tokens * m.heads + kThreads - 1) / kThreads);
  const mlacheck_launch launch{"merge", {blocks, 1, 1}, {kThreads, 1, 1}, 0};
  if (fault != Fault::silent) context->record_launch(context, &launch);
  const auto stream = static_cast<cudaStream_t>(context->stream);
  merge<fault><<<blocks, kThreads, 0, stream>>>(m);
  if constexpr (fault == Fault::hidden_launch) {
    m.receipt = nullptr;
    merge<fault><<<blocks, kThreads, 0, stream>>>(m);
  } else if constexpr (fault == Fault::hidden_wait) {
    cudaStreamSynchronize(stream);
  } else if constexpr (fault == Fault::hidden_allocation) {
    void* own = nullptr;
    if (cudaMalloc(&own, 256) == cudaSuccess) cudaFree(own);
  }
  const cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return MLACHECK_OK;
  context->set_error(context, cudaGetErrorString(error));
  return MLACHECK_LAUNCH_FAILED;
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static const mlacheck_subject subjects[] = {
      hostile::subject("right", &run<Fault::none>),
      hostile::subject("over_read", &run<Fault::over_read>),
      hostile::subject("wild_write", &run<Fault::wild_write>),
      hostile::subject("spin", &run<Fault::spin>),
      hostile::subject("silent", &run<Fault::silent>),
      hostile::subject("hidden_launch", &run<Fault::hidden_launch>),
      hostile::subject("hidden_wait", &run<Fault::hidden_wait>),
      hostile::subject("hidden_allocation", &run<Fault::hidden_allocation>),
  };
  return hostile::plugin_of(subjects, "cuda");
}
