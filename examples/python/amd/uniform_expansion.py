"""The uniform expansion of examples/python/torch as AMD machine code: Triton compiles it for gfx942 without a GPU, and
the interpreter of mlacheck.amd runs it.

    mlacheck sweep --subject examples/python/amd/uniform_expansion.py --cases 100 --seed 1
"""

import functools
import importlib.util

import mlacheck
import numpy as np
from mlacheck import amd

try:
    import triton
    import triton.language as tl
    from triton.backends.compiler import GPUTarget
except ImportError:
    triton = None

TARGET = "gfx942"
BLOCK = 1024
WARPS = 4
WAVE = 64

if triton is not None:
    @triton.jit
    def expand(
        seq_lens, table, new_seq_lens, new_table, new_decode_lens, width, n, rows, clamp,
        table_row, result_row, BLOCK: tl.constexpr,
    ):  # fmt: skip
        """One program for each row; rows from `rows` on are padding."""
        row = tl.program_id(0).to(tl.int64)
        tl.store(new_decode_lens + row, 1)
        if row >= rows:
            tl.store(new_seq_lens + row, 0)
            tl.store(new_table + row * result_row, 0, mask=width > 0)
            return
        request = row // n
        length = tl.load(seq_lens + request) - n + (row % n).to(tl.int32) + 1
        if clamp != 0:
            length = tl.maximum(length, 0)
        tl.store(new_seq_lens + row, length)
        for first in range(0, width, BLOCK):
            column = first + tl.arange(0, BLOCK)
            pages = tl.load(table + request * table_row + column, mask=column < width)
            tl.store(new_table + row * result_row + column, pages, mask=column < width)


def unavailable():
    if triton is None:
        return "needs triton, which is not installed"
    if importlib.util.find_spec("triton.backends.amd") is None:
        return "needs triton with its AMD backend"
    return amd.unavailable("gfx942")


@functools.lru_cache(maxsize=1)
def kernel():
    types = ["*i32"] * 5 + ["i32"] * 4 + ["i64"] * 2 + ["constexpr"]
    source = triton.compiler.ASTSource(expand, dict(zip(expand.arg_names, types)), {"BLOCK": BLOCK})
    made = triton.compile(source, target=GPUTarget("hip", TARGET, WAVE), options={"num_warps": WARPS})
    return amd.load(made.asm["hsaco"]).kernel()


def launch(grid, *values):
    # Pointers to Triton's own scratch follow; this kernel has none.
    wanted = [argument for argument in kernel().arguments if not argument.kind.startswith("hidden_")]
    kernel().launch((grid,), (WARPS * WAVE,), [*values, *[None] * (len(wanted) - len(values))])


def row_stride(array):
    return array.strides[0] // array.itemsize


def only_uniform(min_decode_len, max_decode_len, lens_exact):
    if not lens_exact:
        raise mlacheck.Unsupported("the lengths in device memory may differ from the host's")
    if min_decode_len != max_decode_len:
        raise mlacheck.Unsupported(f"from {min_decode_len} to {max_decode_len} tokens a request")


subject = functools.partial(mlacheck.subject, "decode_expansion", framework="numpy", unavailable=unavailable)


@subject(agreement="bitwise", baseline="generic", tiles={"W": BLOCK})
def uniform_gfx942(
    seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens, *,
    tokens, decode_tokens, min_decode_len, max_decode_len, lens_exact,
):  # fmt: skip
    only_uniform(min_decode_len, max_decode_len, lens_exact)
    if tokens > 0:
        launch(tokens, seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens,
               block_table.shape[1], max(max_decode_len, 1), decode_tokens, 1,
               row_stride(block_table), row_stride(expanded_block_table))


# Lengths of padded requests become negative, a row is copied as wide as rows of the result are
# apart, and the padding rows of a captured graph keep the table of an earlier step.
@subject()
def uniform_gfx942_as_first_merged(
    seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens, *,
    tokens, decode_tokens, min_decode_len, max_decode_len, lens_exact,
):  # fmt: skip
    only_uniform(min_decode_len, max_decode_len, lens_exact)
    if decode_tokens > 0:
        launch(decode_tokens, seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens,
               row_stride(expanded_block_table), max_decode_len, decode_tokens, 0,
               row_stride(block_table), row_stride(expanded_block_table))
    expanded_seq_lens[decode_tokens:tokens] = np.int32(0)
