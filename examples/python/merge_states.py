"""The states of two parts of a context, merged: NumPy on the CPU. docs/python.md walks through it."""

import mlacheck
import numpy as np


def state(values, lse, tokens):
    """Values in fp32 and the LSE as their column; an empty part has LSE -inf, and its values do not count."""
    lse = np.where(lse == np.inf, np.float32(-np.inf), lse)[:, :tokens].T[..., None]
    return np.where(lse == -np.inf, np.float32(0), values[:tokens].astype(np.float32)), lse


@mlacheck.subject("merge_states")
def merge(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    tokens = prefill_tokens_with_context
    prefix, lp = state(prefix_out, prefix_lse, tokens)
    suffix, ls = state(suffix_out, suffix_lse, tokens)
    high = np.maximum(lp, ls)
    shift = np.where(high == -np.inf, np.float32(0), high)
    wp, ws = np.exp(lp - shift), np.exp(ls - shift)
    total = np.where(high == -np.inf, np.float32(1), wp + ws)
    out[:] = suffix_out
    out[:tokens] = np.where(wp == 0, suffix, np.where(ws == 0, prefix, prefix * (wp / total) + suffix * (ws / total)))
    if lse_out is not None:
        lse_out[:] = suffix_lse
        lse_out[:, :tokens] = np.where(high == -np.inf, high, shift + np.log(total))[..., 0].T
