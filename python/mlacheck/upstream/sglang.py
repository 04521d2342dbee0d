"""SGLang: merges of attention states and the FP8 quantizers; its decode returns no log-sum-exp.

States are dense, [tokens, heads] for log-sum-exps, and have no tokens without context. The values of an
empty side are multiplied by 0, so they must be finite.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import always, entry, needs

TRIED = {
    "sglang.kernels.ops.attention.merge_state.merge_state_triton": "0.5.23 on an H200 "
    "(docs/found.md)",
    "sgl_kernel.merge_state_v2, sgl_per_token_group_quant_8bit": "sglang-kernel 0.4.3 on an H200",
    "sglang.kernels.ops.quantization.fp8_kernel.sglang_per_token_group_quant_fp8": "0.5.23 on an H200",
}

TRITON_MERGE = "sglang.kernels.ops.attention.merge_state:merge_state_triton"
CUDA_MERGE = "sgl_kernel:merge_state_v2"
FP8_CUDA = "sgl_kernel:sgl_per_token_group_quant_8bit"
FP8 = "sglang.kernels.ops.quantization.fp8_kernel:sglang_per_token_group_quant_fp8"

cuda = functools.partial(mlacheck.subject, backend="cuda", framework="torch")
MERGED = "layout=dense copied=0 no_nan_lse finite_dead_values"
# A launch without blocks is refused, and the next call to the driver is told so (docs/found.md).
SOME = "T>=1 H>=1 V>=1"


def by_token(lse):
    """[heads, tokens] as a dense [tokens, heads]."""
    return lse.transpose(0, 1).contiguous()


def merge(path, prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out):
    merged = entry("torch:empty_like")(by_token(prefix_lse))
    entry(path)(prefix_out, by_token(prefix_lse), suffix_out, by_token(suffix_lse), out, merged)
    if lse_out is not None:
        lse_out.copy_(merged.transpose(0, 1))


@cuda(
    "merge_states",
    variant="sglang_merge_triton",
    numerics="triton",
    domain=mlacheck.domain(where=MERGED),
    unavailable=needs(TRITON_MERGE),
)
def merge_triton(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None):
    merge(TRITON_MERGE, prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out)


@cuda(
    "merge_states",
    variant="sglang_merge_cuda",
    numerics="cuda_fast_math",
    domain=mlacheck.domain(align=16, where=f"{MERGED} V%8 {SOME}"),
    unavailable=needs(CUDA_MERGE),
)
def merge_cuda(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None):
    merge(CUDA_MERGE, prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out)


@cuda(
    "flatten_quant",
    variant="sglang_group_fp8",
    numerics=mlacheck.numerics(scale_rule="within_ulps", scale_error_ulps=2.0),
    domain=mlacheck.domain(
        where="form=fp8,fp8_transposed format=e4m3fn maximum=448 group=128 V%128 T>=1 H>=1 V>=1 "
        "x.layout=dense align=32 values!=special,alone"
    ),
    unavailable=needs(FP8),
)
def group_fp8(x, codes, scales, *, form, group):
    flat = x.reshape(x.shape[0], x.shape[1] * x.shape[2])
    code, scale = entry(FP8)(flat, group, column_major_scales=form == 2)
    codes.copy_(code.view(codes.dtype))
    scales.copy_(scale)


# Divides with the hardware's approximation, which is 0 where the divisor is above 2^126: the codes of such a
# group are 0 (docs/found.md).
@cuda(
    "flatten_quant",
    variant="sglang_group_fp8_cuda",
    numerics=mlacheck.numerics(scale_rule="within_ulps", scale_error_ulps=2.0),
    domain=mlacheck.domain(
        where="form=fp8 format=e4m3fn maximum=448 group=16,32,64,128 V%128 T>=1 H>=1 V>=1 "
        "dtype=f16,bf16 "
        "x.layout=dense align=16 values!=special,alone,huge"
    ),
    unavailable=needs(FP8_CUDA),
)
def group_fp8_cuda(x, codes, scales, *, group):
    flat = x.reshape(x.shape[0], x.shape[1] * x.shape[2])
    empty = functools.partial(entry("torch:empty"), device=x.device)
    code = empty(flat.shape, dtype=entry("torch:float8_e4m3fn"))
    scale = empty((flat.shape[0], flat.shape[1] // group), dtype=scales.dtype)
    entry(FP8_CUDA)(flat, code, scale, group, 1e-10, -448.0, 448.0)
    codes.copy_(code.view(codes.dtype))
    scales.copy_(scale)


@cuda(
    "mla_decode",
    variant="sglang_decode_triton",
    unavailable=always("decode_attention_fwd returns no log-sum-exp, which the op asks for"),
)
def decode(q, kv, query_start_loc, block_table, seq_lens, out, lse_out):
    raise mlacheck.Unsupported("no log-sum-exp")
