"""Decode attention over a paged cache, into an output of zeros and into one that nobody fills.

What a kernel does not write is 0 in the first and anything in the second: filling may be left out
only if every row is written, also that of a request without keys.
"""

import functools

import mlacheck
import numpy as np

# The output is the function's own, so it has no rows but those of requests.
subject = functools.partial(
    mlacheck.subject, "mla_decode", domain=mlacheck.domain(where="padding=0 page_map=block_table")
)


def keys_of(kv, table_row, length):
    page = kv.shape[1]
    rows = kv[table_row[: -(-length // page)]].reshape(-1, kv.shape[2])
    return rows[:length].astype(np.float32)


def attend(query, keys, latent, scale):
    """One head: values and log-sum-exp. The order of the sums depends on the sizes alone."""
    logits = (keys * query.astype(np.float32)).sum(axis=1) * np.float32(scale)
    weights = np.exp(logits - logits.max())
    mass = weights.sum()
    values = (keys[:, :latent] * weights[:, None]).sum(axis=0)
    return values / mass, logits.max() + np.log(mass)


def decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, every_row):
    lse = np.full(q.shape[:2], -np.inf, np.float32)
    with np.errstate(all="ignore"):
        for request, length in enumerate(seq_lens):
            begin, end = query_start_loc[request : request + 2]
            keys = keys_of(kv, block_table[request], length)
            for row in range(begin, end):
                visible = max(length - (end - 1 - row), 0) if causal else length
                if visible == 0:
                    if every_row:
                        out[row] = 0
                    continue
                for head in range(q.shape[1]):
                    values, lse[row, head] = attend(q[row, head], keys[:visible], latent, scale)
                    out[row, head] = values.astype(out.dtype)
    return out, lse


@subject()
def zeros_output(q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal):
    out = np.zeros((*q.shape[:2], latent), q.dtype)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, False)


@subject(baseline="zeros_output", agreement="bitwise")
def empty_output(q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal):
    out = np.empty((*q.shape[:2], latent), q.dtype)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, True)


# The fill went, and the kernel still returned early where there is no key.
@subject()
def empty_output_as_first_merged(
    q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal
):
    out = np.empty((*q.shape[:2], latent), q.dtype)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, False)
