"""Value up-projection with MXFP4 weights, and the quantizer that comes after it.

Before the change the product went to a dense [H, T, V], which was copied transposed, flattened and
then quantized. Since then it goes through a transposed view of the caller's [T, H, V], and the
quantizer reads that buffer where it lies.
"""

import functools

import mlacheck
import numpy as np

BLOCK = 32
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], np.float32)
MIDPOINTS = (E2M1[:-1] + E2M1[1:]) / 2
TIES_GO_UP = np.arange(7) % 2 == 1

# Zeros, subnormals and the largest numbers are in; special values have rules of their own.
bmm = functools.partial(
    mlacheck.subject,
    "quantized_bmm",
    domain=mlacheck.domain(where="form=a16wfp4 values!=special,alone"),
)


def quantize(x):
    """[..., 32] in fp32: E2M1 codes and the E8M0 byte of the block, scales rounded to even."""
    bits = np.abs(x).max(axis=-1).view(np.uint32)
    field = (bits + np.uint32(0x200000)) >> np.uint32(23)
    byte = np.clip(field.astype(np.int32) - 2, 0, 254)
    byte = np.where(field == 255, 254, byte)
    magnitude = np.ldexp(np.abs(x), (127 - byte)[..., None])[..., None]
    above = (magnitude > MIDPOINTS) | ((magnitude == MIDPOINTS) & TIES_GO_UP)
    codes = above.sum(axis=-1) + 8 * np.signbit(x)
    return codes.astype(np.uint8), byte.astype(np.uint8)


def dequantize(codes, byte):
    """Codes [..., K] with one scale for 32 of them, in fp32; byte 255 is NaN."""
    values = np.where(codes & 8, -E2M1[codes & 7], E2M1[codes & 7])
    scale = np.ldexp(np.float32(1), byte.astype(np.int32) - 127)
    scale = np.where(byte == 255, np.float32(np.nan), scale)
    return values * np.repeat(scale, BLOCK, axis=-1)


def blocks_of(x):
    """The last axis in blocks of 32, filled up with zeros."""
    missing = -x.shape[-1] % BLOCK
    x = np.pad(x.astype(np.float32), [(0, 0)] * (x.ndim - 1) + [(0, missing)])
    return x.reshape(*x.shape[:-1], x.shape[-1] // BLOCK, BLOCK)


def pack(codes):
    return codes[..., 0::2] | codes[..., 1::2] << 4


def unpack(packed):
    codes = np.stack([packed & 15, packed >> 4], axis=-1)
    return codes.reshape(*packed.shape[:-1], 2 * packed.shape[-1])


def product(x, w, w_scales, out):
    """[T, H, K] times [H, V, K] into out [H, T, V]: fp32 sums in ascending order of K."""
    with np.errstate(all="ignore"):
        codes, byte = quantize(blocks_of(x))
        a = dequantize(codes.reshape(x.shape), byte)
        b = dequantize(unpack(w), w_scales)
        total = np.zeros(out.shape, np.float32)
        for k in range(x.shape[2]):
            total += a[:, :, k].T[:, :, None] * b[:, None, :, k]
        out[...] = total.astype(out.dtype)


@bmm()
def product_copied(x, w, w_scales, out):
    dense = np.empty((out.shape[1], out.shape[0], out.shape[2]), out.dtype)
    product(x, w, w_scales, dense)
    out[...] = dense.transpose(1, 0, 2)


@bmm(baseline="product_copied", agreement="bitwise")
def product_into_view(x, w, w_scales, out):
    product(x, w, w_scales, out.transpose(1, 0, 2))


# Bounds of a last, partial tile of K counted the bytes of w, two elements each, for x as well.
@bmm()
def product_as_first_merged(x, w, w_scales, out):
    depth = x.shape[2]
    tile = min(256, 1 << max(depth - 1, 0).bit_length())
    kept = depth - depth % tile // 2
    x = np.where(np.arange(depth) < kept, x, 0).astype(x.dtype)
    product(x, w, w_scales, out.transpose(1, 0, 2))


def flatten(where):
    return functools.partial(
        mlacheck.subject,
        "flatten_quant",
        domain=mlacheck.domain(
            where=f"form=mxfp4 values!=special,alone special_block=launder {where}"
        ),
    )


# Rows of all heads are cut into blocks: the heads must be whole blocks.
@flatten("V%32")()
def flatten_copied(x, codes, scales):
    dense = np.ascontiguousarray(x).reshape(x.shape[0], x.shape[1] * x.shape[2])
    code, byte = quantize(blocks_of(dense))
    codes[...] = pack(code.reshape(dense.shape))
    scales[...] = byte


@flatten("")()
def flatten_fused(x, codes, scales):
    tokens, heads, columns = x.shape
    code, byte = quantize(blocks_of(x))
    code = code.reshape(tokens, heads, BLOCK * code.shape[2])[:, :, :columns]
    codes[...] = pack(code).reshape(codes.shape)
    scales[...] = byte.reshape(scales.shape)


# A head of the result began where its padded block would: right if V is a power of two from 32 on.
@flatten("")()
def flatten_as_first_merged(x, codes, scales):
    tokens, heads, columns = x.shape
    padded = max(BLOCK, 1 << max(columns - 1, 0).bit_length())
    for head in range(heads):
        code, byte = quantize(blocks_of(x[:, head]))
        code = pack(code.reshape(tokens, BLOCK * code.shape[1])[:, :columns])
        for result, part, width in ((codes, code, padded // 2), (scales, byte, padded // BLOCK)):
            place = result[:, head * width : head * width + part.shape[1]]
            place[...] = part[:, : place.shape[1]]
