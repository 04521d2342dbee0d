"""Right merges in every form: written in place, returned, by dictionary, with scratch."""

import mlacheck
import numpy as np


def state(values, lse, tokens):
    lse = np.where(lse == np.inf, np.float32(-np.inf), lse)[:, :tokens].T[..., None]
    return np.where(lse == -np.inf, np.float32(0), values[:tokens].astype(np.float32)), lse


def parts(prefix_out, prefix_lse, suffix_out, suffix_lse, tokens):
    prefix, lp = state(prefix_out, prefix_lse, tokens)
    suffix, ls = state(suffix_out, suffix_lse, tokens)
    high = np.maximum(lp, ls)
    shift = np.where(high == -np.inf, np.float32(0), high)
    wp, ws = np.exp(lp - shift), np.exp(ls - shift)
    total = np.where(high == -np.inf, np.float32(1), wp + ws)
    merged = np.where(wp == 0, suffix, np.where(ws == 0, prefix, prefix * (wp / total) + suffix * (ws / total)))
    return merged, np.where(high == -np.inf, high, shift + np.log(total))[..., 0].T


def result(prefix_out, prefix_lse, suffix_out, suffix_lse, tokens):
    out, lse_out = np.array(suffix_out), np.array(suffix_lse)
    out[:tokens], lse_out[:, :tokens] = parts(prefix_out, prefix_lse, suffix_out, suffix_lse, tokens)
    return out, lse_out


@mlacheck.subject("merge_states")
def merge(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    out[:], lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    if lse_out is not None:
        lse_out[:] = lse


@mlacheck.subject("merge_states", baseline="merge", agreement="bitwise",
                  conventions=mlacheck.conventions(zero_sign="free"))
def returned(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    return result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)


@mlacheck.subject("merge_states")
def dictionary(**call):
    out, lse = result(call["prefix_out"], call["prefix_lse"], call["suffix_out"], call["suffix_lse"],
                      call["prefill_tokens_with_context"])
    return {"lse_out": lse, "out": out}


@mlacheck.subject("merge_states")
def with_scratch(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                 prefill_tokens_with_context):
    scratch = mlacheck.empty(out.shape, out.dtype)
    merge(prefix_out, prefix_lse, suffix_out, suffix_lse, scratch, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)
    out[:] = scratch


@mlacheck.subject("merge_states")
def only_values(prefix_out, prefix_lse, suffix_out, suffix_lse, out, *, prefill_tokens_with_context):
    out[:], _ = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)


@mlacheck.subject("merge_states", domain="layout=dense dtype=f32", tiles={"V": 16},
                  unavailable=lambda: "no such machine")
def elsewhere(out):
    raise AssertionError("nobody asked for it")
