"""Decode attention over a paged cache, into an output of zeros and into one that nobody fills.

What a kernel does not write is 0 in the first and anything in the second: filling may be left out
only if every row is written, also that of a request without keys.
"""

import functools

import mlacheck
import torch
import triton
import triton.language as tl

COLUMNS, KEYS = 64, 16
POINTERS = ["q", "kv", "starts", "requests", "table", "lengths", "out", "lse"]
NUMBERS = ["scale", "latent", "columns", "page", "causal", "every_row", "heads"]
STRIDES = ["q_row", "q_head", "kv_page", "kv_slot", "table_row", "out_row", "out_head"]


# Without specialization all layouts share one binary, so that a stride cannot change the bits.
@triton.jit(
    do_not_specialize=NUMBERS + STRIDES,
    do_not_specialize_on_alignment=POINTERS,
)
def decode_row(
    q, kv, starts, requests, table, lengths, out, lse,
    scale, latent, columns, page, causal, every_row, heads,
    q_row, q_head, kv_page, kv_slot, table_row, out_row, out_head,
    COLUMNS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """One program for each row and head."""
    row, head = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    request = tl.load(requests + row)
    end = tl.load(starts + request + 1)
    visible = tl.load(lengths + request)
    if causal != 0:
        visible -= end - 1 - row.to(tl.int32)
    column = tl.arange(0, COLUMNS)
    place = out + row * out_row + head * out_head + column
    if visible <= 0:
        if every_row != 0:
            tl.store(place, tl.zeros([COLUMNS], out.dtype.element_ty), mask=column < latent)
        return
    read = column < columns
    query = tl.load(q + row * q_row + head * q_head + column, mask=read, other=0.0).to(tl.float32)
    largest = float("-inf")
    mass = 0.0
    total = tl.zeros([COLUMNS], tl.float32)
    for first in range(0, visible, KEYS):
        key = first + tl.arange(0, KEYS)
        live = key < visible
        index = tl.load(table + request * table_row + key // page, mask=live, other=0)
        slot = kv + index.to(tl.int64) * kv_page + (key % page).to(tl.int64) * kv_slot
        mask = live[:, None] & read[None, :]
        keys = tl.load(slot[:, None] + column[None, :], mask=mask, other=0.0).to(tl.float32)
        logits = tl.sum(keys * query[None, :], axis=1) * scale
        logits = tl.where(live, logits, float("-inf"))
        new = tl.maximum(largest, tl.max(logits, axis=0))
        weights = tl.exp(logits - new)
        shrink = tl.exp(largest - new)
        mass = mass * shrink + tl.sum(weights, axis=0)
        total = total * shrink + tl.sum(keys * weights[:, None], axis=0)
        largest = new
    tl.store(place, (total / mass).to(out.dtype.element_ty), mask=column < latent)
    tl.store(lse + row * heads + head, largest + tl.log(mass))


def decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, every_row):
    rows, heads, columns = q.shape
    lse = torch.full((rows, heads), -torch.inf, dtype=torch.float32, device=q.device)
    if rows == 0:
        return out, lse
    row = torch.arange(rows, dtype=torch.int32, device=q.device)
    requests = torch.searchsorted(query_start_loc, row, right=True) - 1
    decode_row[(rows, heads)](
        q, kv, query_start_loc, requests, block_table, seq_lens, out, lse,
        scale, latent, columns, kv.shape[1], causal, int(every_row), heads,
        *q.stride()[:2], *kv.stride()[:2], block_table.stride(0), *out.stride()[:2],
        COLUMNS=COLUMNS, KEYS=KEYS,
    )  # fmt: skip
    return out, lse


# The output is the function's own, so it has no rows but those of requests.
subject = functools.partial(
    mlacheck.subject,
    "mla_decode",
    backend="cuda",
    numerics=mlacheck.numerics(exp_error_ulps=126),
    domain=mlacheck.domain(where="padding=0 page_map=block_table latent<=48 rope<=16"),
    tiles={"keys": KEYS},
)


@subject()
def zeros_output(q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal):
    out = torch.zeros((*q.shape[:2], latent), dtype=q.dtype, device=q.device)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, False)


@subject(baseline="zeros_output", agreement="bitwise")
def empty_output(q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal):
    out = torch.empty((*q.shape[:2], latent), dtype=q.dtype, device=q.device)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, True)


# The fill went, and the kernel still returned early where there is no key.
@subject()
def empty_output_as_first_merged(
    q, kv, query_start_loc, block_table, seq_lens, *, latent, scale, causal
):
    out = torch.empty((*q.shape[:2], latent), dtype=q.dtype, device=q.device)
    return decode(out, q, kv, query_start_loc, block_table, seq_lens, latent, scale, causal, False)
