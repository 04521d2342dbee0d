"""What aiter's decode objects for gfx942 write, element by element: a row for each batch.

    MLACHECK_AITER_META=.../aiter_meta MLACHECK=build/cpu/mlacheck PYTHONPATH=python \
        python3 examples/python/amd/decode_writes.py [--in-step] [--finite] [VARIANT ...]

With --in-step, the waves of a block run one instruction each in turn, else each to its barrier.
Memory that the kernel is to write holds NaN at first, and so do all pages that belong to nobody, page 0 among them;
with --finite those hold zeros. The objects are those for gfx942, or for $MLACHECK_AITER_TARGET.
A partial result is the row of one query token and one split. The columns of the table:

    written      partial results that stage 1 stored, of all; in how many stores of each element, by which waves
    read         partial results that stage 2 reads, and how many of them nobody wrote
    out          elements of the output that are NaN, and that nobody wrote
    error        largest difference from attention in double precision, relative to the largest value
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, Sequence

import ml_dtypes
import numpy as np
from mlacheck.upstream import aiter_amd
from mlacheck.upstream.aiter_amd import COLUMNS, FORMS, LATENT, Call, Form

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FP8 = np.dtype(ml_dtypes.float8_e4m3fn if aiter_amd.target() == "gfx950" else ml_dtypes.float8_e4m3fnuz)
SCALE = COLUMNS**-0.5


class Batch(NamedTuple):
    requests: Sequence[tuple[int, int]]  # query tokens and keys
    splits: int
    first_page: int = 1  # pages before it belong to nobody


def batch_call(form: Form, batch: Batch, finite: bool = False) -> Call:
    random = np.random.default_rng(5)
    queries = np.array([n for n, _ in batch.requests], np.int32)
    keys = np.array([n for _, n in batch.requests], np.int32)
    rows, used = int(queries.sum()), int(keys.sum())
    dtype = FP8 if form.fp8 else BFLOAT16
    q = random.standard_normal((rows, form.heads, COLUMNS)).astype(dtype)
    # Zeros cost no memory before they are touched, so a cache of many pages can be had.
    kv = np.zeros((batch.first_page + used + 1, 1, COLUMNS), dtype)
    if not finite:
        kv[:min(batch.first_page, 4096)] = np.nan
        kv[batch.first_page + used:] = np.nan
    kv[batch.first_page:batch.first_page + used] = random.standard_normal((used, 1, COLUMNS)).astype(dtype)
    indices = (batch.first_page + random.permutation(used)).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(keys)]).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(queries)]).astype(np.int32)
    out = np.full((rows, form.heads, LATENT), np.nan, BFLOAT16)
    splits = aiter_amd.splits_of(form, batch.splits, int(queries.max()), used, len(keys))
    partial = np.full((rows, splits, form.heads, LATENT), np.nan, np.float32)
    if aiter_amd.direct(form, int(queries.max()), splits):
        partial = out[:, None]
    return Call(q, kv, starts, indptr, indices, np.ones(len(keys), np.int32), out, partial,
                np.full((rows, splits, form.heads), np.nan, np.float32), int(queries.max()), splits, SCALE,
                *([np.array([scale], np.float32) for scale in (0.5, 2.0)] if form.fp8 else []))


def expected(call: Call) -> Any:
    """Causal attention in double precision; NaN where a row sees no key. The scales of fp8 are 1/2 and 2."""
    out = np.full(call.out.shape, np.nan)
    value_scale = 1.0 if call.kv_scale is None else float(call.kv_scale[0])
    for request in range(len(call.query_start_loc) - 1):
        first, past = call.query_start_loc[request:request + 2]
        begin, end = call.kv_indptr[request:request + 2]
        keys = call.kv[call.kv_indices[begin:end], 0].astype(np.float64)
        for row in range(first, past):
            seen = keys[:max(len(keys) - (past - 1 - row), 0)]
            if not len(seen):
                continue
            logits = call.q[row].astype(np.float64) @ seen.T * call.scale
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            out[row] = weights / weights.sum(axis=1, keepdims=True) @ seen[:, :LATENT] * value_scale
    return out


def times(counts: Any) -> str:
    low, high = int(counts.min(initial=2**31)), int(counts.max(initial=0))
    return "none" if not counts.size else f"{low}" if low == high else f"{low} to {high}"


def row_of(form: Form, batch: Batch, wave_order: str, finite: bool) -> list[str]:
    call = batch_call(form, batch, finite)
    if call.splits == 0:
        return ["the host code asks for no split"]
    partial, lse, out = aiter_amd.stage1(form, call, watch=[call.partial, call.partial_lse, call.out],
                                         wave_order=wave_order)
    elements = partial.stores.reshape(*call.partial.shape[:2], -1)
    written = (elements > 0).all(axis=2)
    partly = (elements > 0).any(axis=2) & ~written
    lse_elements = lse.stores.reshape(*call.partial_lse.shape[:2], -1)
    lse_written = (lse_elements > 0).all(axis=2)
    read = np.zeros_like(written)
    for request in range(len(batch.requests)):
        first, past = call.query_start_loc[request:request + 2]
        read[first:past, :aiter_amd.parts_of(form, call, request)] = True
    if aiter_amd.copies(form, call) or aiter_amd.direct(form, call.most_queries, call.splits):
        read[:] = False
    waves = np.unique(partial.last_wave[partial.stores > 0] % 4)
    first_out = int((out.stores > 0).sum())
    aiter_amd.stage2(form, call)
    reference = expected(call)
    seen = ~np.isnan(reference)
    got = call.out.astype(np.float64)
    nan = int((np.isnan(got) & seen).sum())
    with np.errstate(invalid="ignore"):
        error = np.nanmax(np.abs(got - reference), initial=0) / max(np.nanmax(np.abs(reference), initial=0), 1e-30)
    return [
        f"{call.splits}",
        f"{int(written.sum())} of {written.size}" + (f", {int(partly.sum())} partly" if partly.any() else "") +
        f"; {times(elements[elements > 0])}; waves {','.join(map(str, waves)) or '-'}",
        f"{int(lse_written.sum())} of {lse_written.size}; {times(lse_elements[lse_elements > 0])}",
        f"{int(read.sum())}, unwritten {int((read & ~written).sum())} and {int((read & ~lse_written).sum())}",
        f"{first_out} by stage 1; NaN {nan} with keys, {int((np.isnan(got) & ~seen).sum())} of {int((~seen).sum())} "
        "without",
        f"{error:.1e}"]


def batches(form: Form, queries: int) -> list[Batch]:
    n = queries
    plain = [Batch([(n, 130)], 1), Batch([(n, 130)], 4), Batch([(n, 64), (n, 65), (n, 1 + n)], 3),
             Batch([(n, 700), (n, n), (n, 33)], 16),  # uneven
             Batch([(n, n)], 16), Batch([(n, 17)], 16),  # more splits than keys, or nearly
             Batch([(n, 0), (n, 70), (n, 130)], 4), Batch([(n, 70), (n, 0), (n, 130)], 4),
             Batch([(n, 70), (n, 130), (n, 0)], 4), Batch([(n, 0)], 4), Batch([(n, 0), (n, 40)], 1),
             Batch([(n, 40)], 2, first_page=3_700_000), Batch([(n, 40)], 2, first_page=3_728_271),
             Batch([(n, 40)], 2, first_page=2**24 + 5)]
    ragged = [Batch([(1, 40), (n, 80)], 2), Batch([(n, 80), (1, 40)], 2)] if n > 1 else []
    return plain + ragged


QUERIES = {"aiter_mqa16": [1], "aiter_mqa128": [1, 2], "aiter_qh16_m16x4": [2, 4], "aiter_qh16_m32x4": [5, 16],
           "aiter_fp8_q1": [1], "aiter_fp8_q2": [2], "aiter_fp8_q4": [3, 4], "aiter_fp8_qh128": [1, 2]}


def main(words: Sequence[str]) -> None:
    variants = [word for word in words if not word.startswith("--")]
    wave_order = "in_step" if "--in-step" in words else "ascending"
    for variant in variants or list(FORMS):
        form = FORMS[variant]
        for queries in QUERIES[variant]:
            print(f"\n{variant}, {form.file}, {queries} query tokens")
            print("| requests, splits asked for | splits | partial: written; stores; waves "
                  "| LSE: written; stores | read by stage 2 | out | error |\n|---|---|---|---|---|---|---|")
            for batch in batches(form, queries):
                text = ",".join(f"{n}:{keys}" for n, keys in batch.requests)
                text = f"[{text}] S={batch.splits}" + (f" page {batch.first_page}" if batch.first_page > 1 else "")
                try:
                    cells = row_of(form, batch, wave_order, "--finite" in words)
                except aiter_amd.amd.Fault as fault:
                    cells = [f"fault: {fault}"]
                print(f"| `{text}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
