"""The loop over a chunked context: attention of a chunk, then a merge into the running state.

Before the change every merge wrote to buffers of its own. Since then there is one spare pair, and
running and spare trade places after each merge. From the third chunk on, the spare is what the
attention of the first chunk returned: safe only if the attention does not write there again.
"""

import functools

import mlacheck
import numpy as np


def is_empty(lse):
    return np.isinf(lse)


def shares(p_lse, s_lse):
    """The weights of both sides and the LSE of their sum, all [H, T]."""
    p_lse, s_lse = (np.where(is_empty(lse), np.float32(-np.inf), lse) for lse in (p_lse, s_lse))
    largest = np.maximum(p_lse, s_lse)
    largest = np.where(largest == -np.inf, np.float32(0), largest)
    p_weight, s_weight = np.exp(p_lse - largest), np.exp(s_lse - largest)
    mass = p_weight + s_weight
    return p_weight / mass, s_weight / mass, largest + np.log(mass)


def merge(prefix, suffix, out, lse_out=None, tokens=None):
    """Merges the first tokens, copies the others from the suffix. out must not be a side of it."""
    with np.errstate(all="ignore"):
        if lse_out is not None:
            lse_out[...] = shares(prefix[1], suffix[1])[2]
        p_weight, s_weight, _ = shares(prefix[1], suffix[1])
        total = np.zeros(out.shape, np.float32)
        for (values, lse), weight in ((prefix, p_weight), (suffix, s_weight)):
            term = values.astype(np.float32) * weight.T[:, :, None]
            total += np.where(is_empty(lse).T[:, :, None], np.float32(0), term)
        out[:tokens] = total[:tokens].astype(out.dtype)
    if tokens is not None:
        out[tokens:] = suffix[0][tokens:]


def empty_like(state):
    return tuple(np.empty(part.shape, part.dtype) for part in state)


def fold_fresh(results):
    running = next(results)
    for chunk in results:
        merged = empty_like(chunk)
        merge(running, chunk, *merged)
        running = merged
    return running


def fold_swapped(results, first_is_ours=True):
    running = next(results)
    if not first_is_ours:
        running = tuple(part.copy() for part in running)
    spare = None
    for chunk in results:
        spare = spare or empty_like(chunk)
        merge(running, chunk, *spare)
        running, spare = spare, running
    return running


# What the operands hold is what the attention of a chunk computes. A backend returns it in memory
# of its own, in one of two buffers in turn, or, spread over ranks, in what all ranks gathered.
def own_results(chunks, states):
    for j in range(chunks):
        yield states[f"chunk_out_{j}"].copy(), states[f"chunk_lse_{j}"].copy()


def results_in_turn(chunks, states, buffers=2):
    pool = None
    for j in range(chunks):
        result = states[f"chunk_out_{j}"], states[f"chunk_lse_{j}"]
        pool = pool or [empty_like(result) for _ in range(buffers)]
        for part, value in zip(pool[j % buffers], result, strict=True):
            part[...] = value
        yield pool[j % buffers]


def gathered_results(chunks, states, ranks=2):
    results = list(own_results(chunks, states))
    workspace = [empty_like(results[0]) for _ in range(ranks)]
    for first in range(0, chunks, ranks):
        shards = results[first : first + ranks]
        for place, shard in zip(workspace, shards, strict=False):
            for part, value in zip(place, shard, strict=True):
                part[...] = value
        yield from workspace[: len(shards)]


def finish(context, suffix_out, suffix_lse, out, tokens):
    merge(context, (suffix_out, suffix_lse), out, tokens=tokens)


subject = functools.partial(mlacheck.subject, "chunked_context")
like_fresh = functools.partial(subject, baseline="fresh_buffers", agreement="bitwise")


@subject()
def fresh_buffers(suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states):
    context = fold_fresh(own_results(chunks, states))
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)


@like_fresh()
def swapped_buffers(suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states):
    context = fold_swapped(own_results(chunks, states))
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)


# The same backend was harmless before buffers were swapped...
@like_fresh()
def fresh_with_results_in_turn(
    suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states
):
    context = fold_fresh(results_in_turn(chunks, states))
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)


# ...and is not since: the third chunk lies in the spare.
@like_fresh()
def swapped_with_results_in_turn_hazard(
    suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states
):
    context = fold_swapped(results_in_turn(chunks, states))
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)


@like_fresh()
def context_parallel(suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states):
    context = fold_swapped(gathered_results(chunks, states), first_is_ours=False)
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)


@like_fresh()
def context_parallel_swaps_workspace_hazard(
    suffix_out, suffix_lse, out, *, chunks, prefill_tokens_with_context, **states
):
    context = fold_swapped(gathered_results(chunks, states))
    finish(context, suffix_out, suffix_lse, out, prefill_tokens_with_context)
