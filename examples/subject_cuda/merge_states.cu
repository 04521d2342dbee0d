// The merge of two attention states as a kernel that ships would have it: dense, aligned operands, 16
// bytes a thread. Its domain says so, so nothing else is given to it.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <mlacheck/adapt.hpp>

using namespace mlacheck::adapt;

namespace {

constexpr unsigned kThreads = 128;
constexpr long long kMostBlocks = 1 << 20;

template <class Element>
struct Merge {
  const Element *prefix, *suffix;        // [tokens, heads, width]
  const float *prefix_lse, *suffix_lse;  // [heads, tokens]
  Element* out;
  float* lse_out;  // null where it is not wanted
  long long tokens, heads, width, with_context;
  unsigned long long* receipt;
};

// How much each side counts, and the merged LSE.
struct Weights {
  bool takes_prefix, takes_suffix;  // bit for bit
  float prefix, suffix, lse;
};

__device__ Weights weights_of(float p, float s, bool copies) {
  if (copies) return {false, true, 0, 1, s};
  if (isnan(p) || isnan(s)) return {false, false, NAN, NAN, NAN};
  // An LSE of either infinity means that there was no key.
  if (isinf(p) && isinf(s)) return {false, false, 0, 0, -INFINITY};
  if (isinf(p)) return {false, true, 0, 1, s};
  if (isinf(s)) return {true, false, 1, 0, p};
  const float top = fmaxf(p, s);
  const float a = expf(p - top);
  const float b = expf(s - top);
  return {false, false, a / (a + b), b / (a + b), top + logf(a + b)};
}

__device__ float to_float(float x) { return x; }
__device__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ void store(float& to, float x) { to = x; }
__device__ void store(__nv_bfloat16& to, float x) { to = __float2bfloat16(x); }

template <class Element>
struct alignas(16) Pack {
  Element at[16 / sizeof(Element)];
};

// A thread merges 16 bytes of a row; the first of a row also writes its LSE.
template <class Element>
__global__ void merge(Merge<Element> m) {
  if (threadIdx.x == 0 && m.receipt != nullptr) atomicAdd(m.receipt, 1ULL);
  constexpr int kElements = 16 / sizeof(Element);
  const long long packs = m.width / kElements;
  const long long threads_of_row = packs > 0 ? packs : 1;
  const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < m.tokens * m.heads * threads_of_row; i += step) {
    const long long row = i / threads_of_row;
    const long long pack = i % threads_of_row;
    const long long token = row / m.heads;
    const long long lse_at = row % m.heads * m.tokens + token;
    const bool copies = token >= m.with_context;
    const float p = copies ? 0 : m.prefix_lse[lse_at];
    const Weights w = weights_of(p, m.suffix_lse[lse_at], copies);
    if (pack == 0 && m.lse_out != nullptr) m.lse_out[lse_at] = w.lse;
    if (packs == 0) continue;
    const long long at = (row * m.width) / kElements + pack;
    Pack<Element> result{};
    // A side that does not count is not looked at: it may hold anything.
    const bool blends = !w.takes_prefix && !w.takes_suffix && w.prefix + w.suffix != 0;
    if (w.takes_prefix || blends) result = reinterpret_cast<const Pack<Element>*>(m.prefix)[at];
    if (w.takes_suffix) result = reinterpret_cast<const Pack<Element>*>(m.suffix)[at];
    if (blends) {
      const Pack<Element> other = reinterpret_cast<const Pack<Element>*>(m.suffix)[at];
      for (int k = 0; k < kElements; ++k) {
        store(result.at[k], to_float(result.at[k]) * w.prefix + to_float(other.at[k]) * w.suffix);
      }
    }
    reinterpret_cast<Pack<Element>*>(m.out)[at] = result;
  }
}

template <class Element>
void launch(const Call& call, mlacheck_context* context) {
  Merge<Element> m{};
  const DLTensor& out = call.tensor("out");
  m.prefix = data<Element>(call.tensor("prefix_out"));
  m.suffix = data<Element>(call.tensor("suffix_out"));
  m.prefix_lse = data<float>(call.tensor("prefix_lse"));
  m.suffix_lse = data<float>(call.tensor("suffix_lse"));
  m.out = data<Element>(out);
  if (const DLTensor* lse_out = call.find("lse_out")) m.lse_out = data<float>(*lse_out);
  m.tokens = out.shape[0];
  m.heads = out.shape[1];
  m.width = out.shape[2];
  m.with_context = call.integer("prefill_tokens_with_context");
  m.receipt = context->receipt_counter;
  const long long packs = m.width * static_cast<long long>(sizeof(Element)) / 16;
  const long long threads = m.tokens * m.heads * (packs > 0 ? packs : 1);
  if (threads == 0) return;
  const long long wanted = (threads + kThreads - 1) / kThreads;
  const auto blocks = static_cast<unsigned>(wanted < kMostBlocks ? wanted : kMostBlocks);
  const mlacheck_launch record{"merge", {blocks, 1, 1}, {kThreads, 1, 1}, 0};
  if (context->record_launch(context, &record) != 0) {
    refuse(MLACHECK_LAUNCH_FAILED, "the launch was refused");
  }
  merge<Element><<<blocks, kThreads, 0, static_cast<cudaStream_t>(context->stream)>>>(m);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) refuse(MLACHECK_LAUNCH_FAILED, cudaGetErrorString(error));
}

mlacheck_status run(void*, const mlacheck_call* call, mlacheck_context* context) {
  return guarded(context, [&] {
    const Call arguments(*call);
    const DLTensor& out = arguments.tensor("out");
    switch (type_of(out)) {
      case Type::f32:
        return launch<float>(arguments, context);
      case Type::bf16:
        return launch<__nv_bfloat16>(arguments, context);
      default:
        unsupported("argument out: f32 or bf16 is needed, not " + text_of(out));
    }
  });
}

mlacheck_subject example() {
  mlacheck_subject subject{};
  subject.variant = "example";
  subject.agreement = MLACHECK_SELF_BITWISE;
  subject.conventions.overlap = 1;  // does not look for overlapping operands
  subject.numerics = mlacheck_numerics MLACHECK_NUMERICS_IEEE;
  subject.run = run;
  subject.domain = "dtype=f32,bf16 layout=dense align=16 V%8";
  return subject;
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static const mlacheck_subject subject = example();
  static const mlacheck_table table{"merge_states", "cuda", 0, 1, nullptr, &subject};
  static const mlacheck_plugin plugin{MLACHECK_SUBJECT_VERSION, 1, &table};
  return &plugin;
}
