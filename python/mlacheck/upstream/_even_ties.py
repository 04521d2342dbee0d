"""aiter's MXFP4 quantizer with ties rounded to even: elements midway between two codes, of which the shipped one takes
the larger where the smaller is the even one, are made smaller by less than anything else notices."""

import triton
import triton.language as tl

shipped = None  # aiter's _mxfp4_quant_op, set by whoever imports this


@triton.jit
def quantize(x, columns: tl.constexpr, rows: tl.constexpr, block: tl.constexpr):
    blocks = x.to(tl.float32).reshape(rows, columns // block, block)
    largest = tl.max(tl.abs(blocks), axis=-1, keep_dims=True).to(tl.int32, bitcast=True)
    # The shared exponent with its bias, plus 2.
    exponent = ((largest + 0x200000) >> 23) & 0xFF
    # 2^(2 - exponent) in two factors, neither of which is subnormal.
    half = (exponent >> 1) - 64
    first = ((127 - half) << 23).to(tl.float32, bitcast=True)
    second = ((127 - (exponent - 129 - half)) << 23).to(tl.float32, bitcast=True)
    scaled = tl.abs(blocks) * first * second
    tie = (scaled == 0.25) | (scaled == 1.25) | (scaled == 2.5) | (scaled == 5.0)
    blocks = tl.where(tie, blocks * 0.9990234375, blocks)
    return shipped(blocks.reshape(rows, columns), columns, rows, block)
