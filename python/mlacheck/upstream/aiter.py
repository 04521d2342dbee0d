"""aiter: flattening and quantizing in one kernel.

Heads are [tokens, heads, columns] with any strides, and each is quantized by itself. MXFP4 scales are
rounded to even; blocks with special values follow this project's own rules.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {
    "aiter.ops.triton.fused_mxfp4_quant.fused_flatten_mxfp4_quant": "the kernel of 0.1.7 on an H200 "
    "(docs/found.md). It ships for AMD devices only",
    "aiter.ops.triton.fused_fp8_quant.fused_flatten_fp8_group_quant": "amd-aiter 0.1.7 on an H200 "
    "(docs/found.md)",
}

MXFP4 = "aiter.ops.triton.fused_mxfp4_quant:fused_flatten_mxfp4_quant"
FP8 = "aiter.ops.triton.fused_fp8_quant:fused_flatten_fp8_group_quant"

flatten = functools.partial(
    mlacheck.subject, "flatten_quant", backend="cuda", framework="torch", agreement="self_bitwise"
)


@flatten(
    variant="aiter_flatten_mxfp4",
    domain=mlacheck.domain(
        where="form=mxfp4 special_block=launder values!=special,alone T>=1 H>=1 V>=2"
    ),
    unavailable=needs(MXFP4),
)
def flatten_mxfp4(x, codes, scales):
    code, scale = entry(MXFP4)(x)
    codes.copy_(code)
    scales.copy_(scale)


@flatten(
    variant="aiter_flatten_fp8",
    numerics="triton",
    domain=mlacheck.domain(
        where="form=fp8 format=e4m3fn maximum=448 group=128 V%128 values!=special,alone T>=1 H>=1"
    ),
    unavailable=needs(FP8),
)
def flatten_fp8(x, codes, scales, *, group):
    code, scale = entry(FP8)(x, group, dtype_quant=entry("torch:float8_e4m3fn"))
    codes.copy_(code.view(codes.dtype))
    scales.copy_(scale)
