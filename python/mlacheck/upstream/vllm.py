"""vLLM: merges, decode expansion, decode and the FP8 quantizer.

What callers must see to is in the domains. Merges multiply the values of an empty side by 0, so they
must be finite. Rows are dense: the stride of a token is taken to be heads times that of a head. The
expansion copies rows as wide as the result is, and has no padding. Decode divides by 0 for a request
without keys, and multiplies through TF32 in fp32.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {
    "vllm._custom_ops.merge_attn_states": "0.33.0 on an H200 (docs/found.md)",
    "vllm.v1.attention.ops.triton_merge_attn_states": "0.33.0 on an H200, with this adapter",
    "vllm.v1.attention.backends.mla.indexer.PrepareUniformDecodeKernel": "0.33.0; ran on an H200 "
    "through another adapter",
    "vllm.v1.attention.ops.triton_decode_attention": "0.33.0 on an H200",
    "vllm.model_executor.layers.quantization.utils.fp8_utils": "0.33.0 on an H200",
}

TRITON_MERGE = "vllm.v1.attention.ops.triton_merge_attn_states:merge_attn_states"
CUDA_MERGE = "vllm._custom_ops:merge_attn_states"
EXPANSION = "vllm.v1.attention.backends.mla.indexer:PrepareUniformDecodeKernel"
DECODE = "vllm.v1.attention.ops.triton_decode_attention:decode_attention_fwd"
FP8 = "vllm.model_executor.layers.quantization.utils.fp8_utils:per_token_group_quant_fp8"

cuda = functools.partial(mlacheck.subject, backend="cuda", framework="torch")
VALUES = ("prefix_out", "suffix_out", "out")
DENSE = " ".join(f"{name}.layout=dense" for name in VALUES)
# With one head, the stride of a contiguous tensor's head axis may be anything, and is read.
PLAIN = " ".join(f"{name}.idle_stride=product" for name in VALUES)
MERGED = f"{DENSE} no_nan_lse finite_dead_values"


@cuda(
    "merge_states",
    variant="vllm_merge_triton",
    numerics="triton",
    domain=mlacheck.domain(where=f"{MERGED} {PLAIN}"),
    unavailable=needs(TRITON_MERGE),
)
@cuda(
    "merge_states",
    variant="vllm_merge_triton_any_idle_stride",
    numerics="triton",
    domain=mlacheck.domain(where=MERGED),
    unavailable=needs(TRITON_MERGE),
)
def merge_triton(
    prefix_out,
    prefix_lse,
    suffix_out,
    suffix_lse,
    out,
    lse_out=None,
    *,
    prefill_tokens_with_context,
):
    entry(TRITON_MERGE)(
        out, prefix_out, prefix_lse, suffix_out, suffix_lse, lse_out, prefill_tokens_with_context
    )


@cuda(
    "merge_states",
    variant="vllm_merge_cuda",
    numerics="cuda_fast_math",
    domain=mlacheck.domain(align=16, where=f"{MERGED} {PLAIN} V%8 T>=1 H>=1 V>=1"),
    unavailable=needs(CUDA_MERGE),
)
def merge_cuda(
    prefix_out,
    prefix_lse,
    suffix_out,
    suffix_lse,
    out,
    lse_out=None,
    *,
    prefill_tokens_with_context,
):
    entry(CUDA_MERGE)(
        out, prefix_out, prefix_lse, suffix_out, suffix_lse, lse_out, prefill_tokens_with_context
    )


@cuda(
    "decode_expansion",
    variant="vllm_uniform_expansion",
    domain=mlacheck.domain(where="no_padding no_spare_columns layout=dense"),
    unavailable=needs(EXPANSION),
)
def expansion(
    seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens,
    *, decode_tokens, min_decode_len, max_decode_len, lens_exact,
):  # fmt: skip
    if not lens_exact or min_decode_len != max_decode_len:
        raise mlacheck.Unsupported("only for equal lengths that the host knows")
    if decode_tokens > 0:
        entry(EXPANSION)()(
            seq_lens, expanded_seq_lens, block_table, expanded_block_table, expanded_decode_lens,
            decode_tokens, max_decode_len,
        )  # fmt: skip


# One token a request. With one head another kernel runs, which multiplies in the element type.
@cuda(
    "mla_decode",
    variant="vllm_decode_triton",
    agreement="within_bound",
    numerics="triton",
    domain=mlacheck.domain(
        where="page_map=block_table requests[0]=1 requests[1]>=1 padding=0 dtype=f16,bf16 H>=2 "
        "latent=32,128,512 rope=0,64 page=1,16,64 splits=1,4 q.layout=dense kv.layout=rows"
    ),
    unavailable=needs(DECODE),
)
def decode(q, kv, block_table, seq_lens, *, latent, scale, splits):
    empty = functools.partial(entry("torch:empty"), device=q.device)
    rows, heads, _ = q.shape
    out = empty((rows, heads, latent), dtype=q.dtype)
    lse = empty((rows, heads), dtype=entry("torch:float32"))
    parts = empty((rows, heads, splits, latent + 1), dtype=lse.dtype)
    keys = kv.unsqueeze(2)
    entry(DECODE)(
        q, keys, keys[..., :latent], out, lse, block_table, seq_lens, parts, splits, scale,
        kv.shape[1], is_mla=True,
    )  # fmt: skip
    return out, lse


def group_quant(x, codes, scales, group, column_major):
    flat = x.reshape(x.shape[0], x.shape[1] * x.shape[2])
    code, scale = entry(FP8)(
        flat, group, dtype=entry("torch:float8_e4m3fn"), column_major_scales=column_major,
        use_ue8m0=False,
    )  # fmt: skip
    codes.copy_(code.view(codes.dtype))
    scales.copy_(scale)


@cuda(
    "flatten_quant",
    variant="vllm_group_fp8",
    domain=mlacheck.domain(
        where="form=fp8,fp8_transposed format=e4m3fn maximum=448 group=64,128 V%128 T>=1 H>=1 V>=1 "
        "x.layout=dense values!=special,alone"
    ),
    unavailable=needs(FP8),
)
def group_fp8(x, codes, scales, *, form, group):
    group_quant(x, codes, scales, group, column_major=form == 2)
