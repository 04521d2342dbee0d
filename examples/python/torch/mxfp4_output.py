"""Value up-projection with MXFP4 weights, and the quantizer that comes after it.

Before the change the product went to a dense [H, T, V], which was copied transposed, flattened and
then quantized. Since then it goes through a transposed view of the caller's [T, H, V], and the
quantizer reads that buffer where it lies.
"""

import functools

import mlacheck
import torch
import triton
import triton.language as tl

SUM_COLUMNS = 16


@triton.jit
def scale_byte(largest):
    """The E8M0 byte for the largest magnitude of a block, rounded to even; the top one is 254."""
    field = (largest.to(tl.int32, bitcast=True) + 0x200000) >> 23
    return tl.where(field == 255, 254, tl.maximum(field - 2, 0))


@triton.jit
def power_of_two(exponent):
    """2^exponent in fp32 from -127 to 127; 2^-127 is subnormal and has bits of its own."""
    bits = tl.where(exponent == -127, 0x00400000, (exponent + 127) << 23)
    return bits.to(tl.float32, bitcast=True)


@triton.jit
def code_of(x, byte):
    """E2M1 code of x / 2^(byte - 127), to nearest, ties to even, no more than 6."""
    a = tl.abs(x) * power_of_two(127 - byte)
    code = (a > 0.25).to(tl.int32) + (a >= 0.75).to(tl.int32) + (a > 1.25).to(tl.int32)
    code += (a >= 1.75).to(tl.int32) + (a > 2.5).to(tl.int32) + (a >= 3.5).to(tl.int32)
    code += (a > 5.0).to(tl.int32)
    return code | ((x.to(tl.int32, bitcast=True) >> 28) & 8)


@triton.jit
def value_of(code):
    """What an E2M1 code stands for."""
    magnitude = code & 7
    small = magnitude.to(tl.float32) * 0.5
    large = ((magnitude & 1) + 2).to(tl.float32) * tl.where(magnitude >= 6, 2.0, 1.0)
    value = tl.where(magnitude < 4, small, large)
    return tl.where((code & 8) != 0, -value, value)


@triton.jit
def scale_of(byte):
    return tl.where(byte == 255, float("nan"), power_of_two(byte - 127))


PRODUCT_NUMBERS = ["columns", "depth", "bound"]
PRODUCT_STRIDES = [f"{name}_{axis}" for name in ("x", "w", "s", "o") for axis in (0, 1, 2)]
PRODUCT_POINTERS = ["x", "w", "scales", "out"]


# Without specialization all layouts share one binary, so that a stride cannot change the bits.
@triton.jit(
    do_not_specialize=PRODUCT_NUMBERS + PRODUCT_STRIDES,
    do_not_specialize_on_alignment=PRODUCT_POINTERS,
)
def multiply(
    x, w, scales, out, columns, depth, bound,
    x_0, x_1, x_2, w_0, w_1, w_2, s_0, s_1, s_2, o_0, o_1, o_2, BLOCK: tl.constexpr,
):  # fmt: skip
    """One program for a token, a head and some columns; x beyond `bound` of K counts as 0."""
    token, head = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    column = tl.program_id(2).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    live = column < columns
    byte_index = tl.arange(0, 16)
    total = tl.zeros([BLOCK], tl.float32)
    for block in range(depth // 32):
        k = (block * 32 + 2 * byte_index).to(tl.int64)
        row = x + token * x_0 + head * x_1
        low = tl.load(row + k * x_2, mask=k < bound, other=0.0).to(tl.float32)
        high = tl.load(row + (k + 1) * x_2, mask=k + 1 < bound, other=0.0).to(tl.float32)
        byte = scale_byte(tl.max(tl.maximum(tl.abs(low), tl.abs(high)), axis=0))
        low = value_of(code_of(low, byte)) * scale_of(byte)
        high = value_of(code_of(high, byte)) * scale_of(byte)
        packed_index = (block * 16 + byte_index).to(tl.int64)
        place = w + head * w_0 + column[:, None] * w_1 + packed_index[None, :] * w_2
        packed = tl.load(place, mask=live[:, None], other=0).to(tl.int32)
        place = scales + head * s_0 + column * s_1 + s_2.to(tl.int64) * block
        scale = scale_of(tl.load(place, mask=live, other=0).to(tl.int32))[:, None]
        terms = value_of(packed & 15) * scale * low[None, :]
        terms += value_of(packed >> 4) * scale * high[None, :]
        total += tl.sum(terms, axis=1)
    place = out + token * o_0 + head * o_1 + column * o_2
    tl.store(place, total.to(out.dtype.element_ty), mask=live)


def product(x, w, w_scales, out, bound=None):
    """x [T, H, K] times w [H, V, K] into out [T, H, V]."""
    tokens, heads, columns = out.shape
    if out.numel() > 0:
        multiply[(tokens, heads, triton.cdiv(columns, SUM_COLUMNS))](
            x, w, w_scales, out, columns, x.shape[2], x.shape[2] if bound is None else bound,
            *x.stride(), *w.stride(), *w_scales.stride(), *out.stride(), BLOCK=SUM_COLUMNS,
        )  # fmt: skip


# Zeros, subnormals and the largest numbers are in; special values have rules of their own.
bmm = functools.partial(
    mlacheck.subject,
    "quantized_bmm",
    backend="cuda",
    domain=mlacheck.domain(where="form=a16wfp4 values!=special,alone"),
)


@bmm()
def product_copied(x, w, w_scales, out):
    dense = torch.empty(
        (out.shape[1], out.shape[0], out.shape[2]), dtype=out.dtype, device=out.device
    )
    product(x, w, w_scales, dense.transpose(0, 1))
    out.copy_(dense.transpose(0, 1))


@bmm(baseline="product_copied", agreement="bitwise")
def product_into_view(x, w, w_scales, out):
    product(x, w, w_scales, out)


# Bounds of a last, partial tile of K counted the bytes of w, two elements each, for x as well.
@bmm()
def product_as_first_merged(x, w, w_scales, out):
    depth = x.shape[2]
    tile = min(256, triton.next_power_of_2(max(depth, 1)))
    product(x, w, w_scales, out, bound=depth - depth % tile // 2)


@triton.jit(
    do_not_specialize=["columns", "apart", "x_0", "x_1", "x_2", "c_0", "s_0", "s_1"],
    do_not_specialize_on_alignment=["x", "codes", "scales"],
)
def quantize_head(x, codes, scales, columns, apart, x_0, x_1, x_2, c_0, s_0, s_1):
    """One program for a token and a head, whose results begin `apart` elements after the last's."""
    token, head = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    byte_index = tl.arange(0, 16)
    for block in range(tl.cdiv(columns, 32)):
        k = (block * 32 + 2 * byte_index).to(tl.int64)
        row = x + token * x_0 + head * x_1
        low = tl.load(row + k * x_2, mask=k < columns, other=0.0).to(tl.float32)
        high = tl.load(row + (k + 1) * x_2, mask=k + 1 < columns, other=0.0).to(tl.float32)
        byte = scale_byte(tl.max(tl.maximum(tl.abs(low), tl.abs(high)), axis=0))
        packed = code_of(low, byte) | (code_of(high, byte) << 4)
        place = codes + token * c_0 + head * (apart // 2) + block * 16 + byte_index
        tl.store(place, packed.to(tl.uint8), mask=k < columns)
        column = head * tl.cdiv(apart, 32) + block
        tl.store(scales + token * s_0 + column * s_1, byte.to(tl.uint8))


def quantize(x, codes, scales, apart):
    tokens, heads, columns = x.shape
    if x.numel() > 0:
        quantize_head[(tokens, heads)](
            x, codes, scales, columns, apart, *x.stride(), codes.stride(0), *scales.stride()
        )


def flatten(where):
    return functools.partial(
        mlacheck.subject,
        "flatten_quant",
        backend="cuda",
        domain=mlacheck.domain(
            where=f"form=mxfp4 values!=special,alone special_block=launder {where}"
        ),
    )


# Rows of all heads are cut into blocks: the heads must be whole blocks.
@flatten("V%32")()
def flatten_copied(x, codes, scales):
    dense = x.contiguous().view(x.shape[0], 1, x.shape[1] * x.shape[2])
    quantize(dense, codes, scales, dense.shape[2])


@flatten("")()
def flatten_fused(x, codes, scales):
    quantize(x, codes, scales, x.shape[2])


# A head of the result began where its padded block would: right if V is a power of two from 32 on.
@flatten("")()
def flatten_as_first_merged(x, codes, scales):
    quantize(x, codes, scales, max(32, triton.next_power_of_2(max(x.shape[2], 1))))
