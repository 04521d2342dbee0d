"""Functions that take their time: to be imported, to compile, or later."""

import time

import mlacheck
from good import merge

time.sleep(6)
seen = set()


def is_new(*arrays):
    kind = tuple((array.shape, array.strides) for array in arrays)
    new = kind not in seen
    seen.add(kind)
    return new


@mlacheck.subject("merge_states")
def compiles(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    if is_new(prefix_out, prefix_lse, suffix_out, suffix_lse, out):
        time.sleep(1)
    merge(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)


@mlacheck.subject("merge_states")
def hangs_later(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    if not is_new(prefix_out, prefix_lse, suffix_out, suffix_lse, out):
        time.sleep(1000)
    merge(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)
