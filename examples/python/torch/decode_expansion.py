"""Each token of a step with several tokens a request becomes a row of its own.

The general way repeats rows as often as lengths in device memory say, with tensor operations. Where
all requests have the same number of tokens, row i belongs to request i // n, and one kernel does it.
"""

import functools

import mlacheck
import torch
import triton
import triton.language as tl

subject = functools.partial(
    mlacheck.subject,
    "decode_expansion",
    backend="cuda",
)


# The sizes are the host's: nothing waits for the device.
@subject()
def tensor_operations(
    seq_lens,
    block_table,
    decode_lens,
    expanded_seq_lens,
    expanded_block_table,
    expanded_decode_lens,
    *,
    tokens,
):
    expanded_decode_lens[:tokens] = 1
    requests, width = block_table.shape
    if requests == 0:
        expanded_seq_lens[:tokens] = 0
        expanded_block_table[:tokens, : min(width, 1)] = 0
        return
    ends = torch.cumsum(decode_lens, 0)
    row = torch.arange(tokens, device=seq_lens.device)
    request = torch.searchsorted(ends, row, right=True).clamp(max=requests - 1)
    live = row < ends[-1]
    after = ends[request] - row - 1
    expanded_seq_lens[:tokens] = torch.where(live, (seq_lens[request] - after).clamp(min=0), 0)
    # Padding rows keep what they hold, except for column 0.
    rows = expanded_block_table[:tokens, :width]
    rows.copy_(torch.where(live[:, None], block_table[request], rows))
    rows[:, :1] = torch.where(live[:, None], rows[:, :1], 0)


# Trusts the host's total, and makes a length below the tokens of its step negative.
@subject()
def tensor_operations_as_first_merged(
    seq_lens,
    block_table,
    decode_lens,
    query_start_loc,
    expanded_seq_lens,
    expanded_block_table,
    expanded_decode_lens,
    *,
    tokens,
    decode_tokens,
):
    offset = torch.repeat_interleave(seq_lens - decode_lens - query_start_loc, decode_lens)
    row = torch.arange(decode_tokens, device=seq_lens.device)
    expanded_seq_lens[:decode_tokens] = offset + row + 1
    expanded_seq_lens[decode_tokens:tokens] = 0
    repeated = torch.repeat_interleave(block_table, decode_lens, dim=0)
    expanded_block_table[:decode_tokens] = repeated
    expanded_block_table[decode_tokens:tokens, 0] = 0
    expanded_decode_lens[:tokens] = 1


STRIDES = ["table_row", "result_row"]


@triton.jit(do_not_specialize=["width", "n", "rows", "clamp", *STRIDES])
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


def only_uniform(min_decode_len, max_decode_len, lens_exact):
    if not lens_exact:
        raise mlacheck.Unsupported("the lengths in device memory may differ from the host's")
    if min_decode_len != max_decode_len:
        raise mlacheck.Unsupported(f"from {min_decode_len} to {max_decode_len} tokens a request")


@subject(baseline="tensor_operations", agreement="bitwise", tiles={"W": 1024})
def uniform_clamped(
    seq_lens,
    block_table,
    expanded_seq_lens,
    expanded_block_table,
    expanded_decode_lens,
    *,
    tokens,
    decode_tokens,
    min_decode_len,
    max_decode_len,
    lens_exact,
):
    only_uniform(min_decode_len, max_decode_len, lens_exact)
    if tokens > 0:
        expand[(tokens,)](
            seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens,
            block_table.shape[1], max(max_decode_len, 1), decode_tokens, 1,
            block_table.stride(0), expanded_block_table.stride(0), BLOCK=1024,
        )  # fmt: skip


# Lengths of padded requests become negative, a row is copied as wide as rows of the result are
# apart, and the padding rows of a captured graph keep the table of an earlier step.
@subject()
def uniform_as_first_merged(
    seq_lens,
    block_table,
    expanded_seq_lens,
    expanded_block_table,
    expanded_decode_lens,
    *,
    tokens,
    decode_tokens,
    min_decode_len,
    max_decode_len,
    lens_exact,
):
    only_uniform(min_decode_len, max_decode_len, lens_exact)
    if decode_tokens > 0:
        expand[(decode_tokens,)](
            seq_lens, block_table, expanded_seq_lens, expanded_block_table, expanded_decode_lens,
            expanded_block_table.stride(0), max_decode_len, decode_tokens, 0,
            block_table.stride(0), expanded_block_table.stride(0), BLOCK=1024,
        )  # fmt: skip
    expanded_seq_lens[decode_tokens:tokens] = 0
