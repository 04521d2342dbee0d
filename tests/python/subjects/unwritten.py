"""Results in memory that is not all written."""

import mlacheck
import numpy as np
from good import result


@mlacheck.subject("merge_states")
def forgets_one(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    out, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    made = np.empty(out.shape, out.dtype)
    made.reshape(-1)[1:] = out.reshape(-1)[1:]
    return made, lse


@mlacheck.subject("merge_states")
def forgets_one_of_the_same_shape(prefix_out, prefix_lse, suffix_out, suffix_lse, *,
                                  prefill_tokens_with_context):
    out, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    made = np.empty_like(lse)
    made[:, 1:] = lse[:, 1:]
    return out, made


@mlacheck.subject("merge_states")
def reads_scratch(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                  prefill_tokens_with_context):
    out[:], lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    if lse_out is not None:
        lse_out[:] = lse
    out += mlacheck.empty(out.shape, out.dtype)


@mlacheck.subject("merge_states")
def adds_what_it_finds(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                       prefill_tokens_with_context):
    out[:], lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    if lse_out is not None:
        lse_out[:] = lse
    out += np.ndarray(out.shape, out.dtype)
