"""Subjects whose process ends where there are 7 heads, after something else was found, or beside an operand."""

import ctypes

import mlacheck
from good import merge as right

calls = 0


def end_of(array):
    """The address behind the last element."""
    last = sum((extent - 1) * stride for extent, stride in zip(array.shape, array.strides))
    return array.ctypes.data + last + array.itemsize


def peek(address):
    return ctypes.string_at(address, 4)


@mlacheck.subject("merge_states")
def reads_past(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    if out.shape[1] == 7:
        peek(end_of(suffix_out))
    right(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)


@mlacheck.subject("merge_states", domain="T>=1 H=7 V>=1")
def is_wrong_and_dies(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                      prefill_tokens_with_context):
    global calls
    right(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)
    if out.shape[1] == 7:
        out[0, 3, 0] = 99
        calls += 1
        if calls == 6:
            peek(8)
