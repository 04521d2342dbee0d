"""Each token of a step with several tokens a request becomes a row of its own.

The general way repeats rows as often as lengths in device memory say. Where all requests have the
same number of tokens, row i belongs to request i // n, and one kernel does it all.
"""

import functools

import mlacheck
import numpy as np

subject = functools.partial(mlacheck.subject, "decode_expansion")


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
    ends = np.cumsum(decode_lens, dtype=np.int64)
    total = min(int(ends[-1]) if ends.size else 0, tokens)
    row = np.arange(total)
    request = np.searchsorted(ends, row, side="right")
    after = ends[request] - row - 1
    width = block_table.shape[1]
    expanded_seq_lens[:total] = np.maximum(seq_lens[request] - after, 0)
    expanded_block_table[:total, :width] = block_table[request]
    expanded_seq_lens[total:tokens] = 0
    if width > 0:
        expanded_block_table[total:tokens, 0] = 0
    expanded_decode_lens[:tokens] = 1


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
    offset = np.repeat(seq_lens - decode_lens - query_start_loc, decode_lens)
    expanded_seq_lens[:decode_tokens] = offset + np.arange(decode_tokens) + 1
    expanded_seq_lens[decode_tokens:tokens] = 0
    expanded_block_table[:decode_tokens] = np.repeat(block_table, decode_lens, axis=0)
    expanded_block_table[decode_tokens:tokens, 0] = 0
    expanded_decode_lens[:tokens] = 1


def only_uniform(decode_tokens, min_decode_len, max_decode_len, lens_exact):
    if not lens_exact:
        raise mlacheck.Unsupported("the lengths in device memory may differ from the host's")
    if min_decode_len != max_decode_len:
        raise mlacheck.Unsupported(f"from {min_decode_len} to {max_decode_len} tokens a request")


@subject(baseline="tensor_operations", agreement="bitwise")
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
    only_uniform(decode_tokens, min_decode_len, max_decode_len, lens_exact)
    width = block_table.shape[1]
    row = np.arange(decode_tokens)
    request, token = np.divmod(row, max(max_decode_len, 1))
    lengths = seq_lens[request] - max_decode_len + token + 1
    expanded_seq_lens[:decode_tokens] = np.maximum(lengths, 0)
    expanded_block_table[:decode_tokens, :width] = block_table[request]
    expanded_seq_lens[decode_tokens:tokens] = 0
    if width > 0:
        expanded_block_table[decode_tokens:tokens, 0] = 0
    expanded_decode_lens[:tokens] = 1


# Lengths of padded requests become negative, every row is as wide as the result, and the padding
# rows of a captured graph keep the table of an earlier step.
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
    only_uniform(decode_tokens, min_decode_len, max_decode_len, lens_exact)
    row = np.arange(decode_tokens)
    request, token = np.divmod(row, max(max_decode_len, 1))
    wide = np.lib.stride_tricks.as_strided(
        block_table, (block_table.shape[0], expanded_block_table.shape[1]), block_table.strides
    )
    expanded_seq_lens[:decode_tokens] = seq_lens[request] - max_decode_len + token + 1
    expanded_block_table[:decode_tokens] = wide[request]
    expanded_decode_lens[:decode_tokens] = 1
    expanded_seq_lens[decode_tokens:tokens] = 0
