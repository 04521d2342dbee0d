"""What aiter's persistent decode objects for gfx942 write, element by element: a row for each batch.

    MLACHECK_AITER_META=.../aiter_meta MLACHECK=build/cpu/mlacheck PYTHONPATH=python \
        python3 examples/python/amd/persistent_writes.py [--in-step] [--finite] [--units N] [VARIANT ...]

Memory that the kernel is to write holds NaN at first, and so do all pages that belong to nobody; with --finite those
hold zeros. Columns:

    items        of the work lists, and how many of them are parts of a split request
    out          elements that stage 1 stored, of those that no reduction writes; in how many stores
    partial      rows that stage 1 stored, of those that the reduction reads; the same of the log-sum-exp
    NaN          elements of the output in the end: of rows with keys, and of rows without
    error        largest difference from attention in double precision, relative to the largest value
"""

from __future__ import annotations

import sys
from typing import Any, Sequence

import decode_writes
import numpy as np
from decode_writes import BFLOAT16, FP8, Batch, expected, times
from mlacheck.upstream import aiter_amd
from mlacheck.upstream.aiter_amd import LATENT
from mlacheck.upstream.aiter_amd_persistent import FORMS, Call, Form, reduce, stage1, work_of


def batch_call(form: Form, batch: Batch, units: int, finite: bool) -> Call:
    plain = aiter_amd.Form(form.file, form.heads, 128, 16, False, form.fp8_keys)
    made = decode_writes.batch_call(plain, batch, finite)
    q = made.q if form.fp8_queries == form.fp8_keys else made.q.astype(FP8 if form.fp8_queries else BFLOAT16)
    work = work_of(made.query_start_loc, made.kv_indptr, form.heads, units)
    rows = max(work.partial_rows, 1)
    out = np.full(made.out.shape, np.nan, BFLOAT16)
    return Call(q, made.kv, made.query_start_loc, made.kv_indptr, made.kv_indices, made.kv_last_page_len, out,
                np.full((rows, 1, form.heads, LATENT), np.nan, np.float32),
                np.full((rows, 1, form.heads), np.nan, np.float32), work, made.scale,
                made.q_scale if form.fp8_queries else None, made.kv_scale)


def written_rows(counts: Any) -> Any:
    return (counts.stores.reshape(counts.stores.shape[0], -1) > 0).all(axis=1)


def row_of(form: Form, batch: Batch, units: int, wave_order: str, finite: bool) -> list[str]:
    call = batch_call(form, batch, units, finite)
    partial, lse, out = stage1(form, call, watch=[call.partial, call.partial_lse, call.out], wave_order=wave_order)
    reduced = np.zeros(call.out.shape[0], bool)
    read = np.zeros(call.partial.shape[0], bool)
    work = call.work
    for tile, (first, past) in enumerate(work.final_map):
        parts = work.partial_map[work.reduce_indptr[tile]:work.reduce_indptr[tile + 1]]
        if len(parts) > 1:
            reduced[first:past] = True
            for row in range(past - first):
                read[parts + row] = True
    own = out.stores[~reduced]
    foreign = int((out.stores[reduced] > 0).sum())
    reduce(call)
    # The scales of fp8 queries and keys make 1; without the first, that of the keys is in the logits, too.
    mixed = call.q_scale is None and call.kv_scale is not None
    reference = expected(aiter_amd.Call(*call[:9], most_queries=0, splits=1, kv_scale=call.kv_scale,
                                        scale=call.scale * (float(call.kv_scale[0]) if mixed else 1)))
    seen = ~np.isnan(reference)
    got = call.out.astype(np.float64)
    with np.errstate(invalid="ignore"):
        error = np.nanmax(np.abs(got - reference), initial=0) / max(np.nanmax(np.abs(reference), initial=0), 1e-30)
    more = f"; {foreign} reduced ones" if foreign else ""
    return [
        f"{len(work.items)}, {int((work.items[:, 1] >= 0).sum())} parts",
        f"{int((own > 0).sum())} of {own.size}; {times(own[own > 0])}{more}",
        f"{int((written_rows(partial) & read).sum())} and {int((written_rows(lse) & read).sum())} of {int(read.sum())}",
        f"{int((np.isnan(got) & seen).sum())}; {int((np.isnan(got) & ~seen).sum())} of {int((~seen).sum())}",
        f"{error:.1e}"]


def batches(queries: int) -> list[Batch]:
    n = queries
    return [Batch([(n, 130)], 1), Batch([(n, 700)], 1), Batch([(n, 64), (n, 65), (n, 1 + n)], 1),
            Batch([(n, 700), (n, n), (n, 33)], 1), Batch([(n, 2000), (n, 2000)], 1), Batch([(n, n)], 1),
            Batch([(n, 0), (n, 70), (n, 130)], 1), Batch([(n, 70), (n, 0), (n, 130)], 1),
            Batch([(n, 70), (n, 130), (n, 0)], 1), Batch([(n, 0)], 1),
            Batch([(n, 40)], 1, first_page=3_728_271), Batch([(n, 40)], 1, first_page=2**24 + 5)] + (
                [Batch([(1, 40), (n, 80)], 1), Batch([(n, 80), (1, 40)], 1)] if n > 1 else [])


def main(words: Sequence[str]) -> None:
    units = int(words[words.index("--units") + 1]) if "--units" in words else 8
    variants = [word for word in words if word in FORMS]
    wave_order = "in_step" if "--in-step" in words else "ascending"
    for variant in variants or list(FORMS):
        form = FORMS[variant]
        for queries in sorted({1, form.queries}):
            if form.fp8_queries and queries != form.queries and form.queries != 4:
                continue
            print(f"\n{variant}, {form.file}, {queries} query tokens, {units} units")
            print("| requests | items | out | partial | NaN | error |\n|---|---|---|---|---|---|")
            for batch in batches(queries):
                text = "[" + ",".join(f"{n}:{keys}" for n, keys in batch.requests) + "]"
                text += f" page {batch.first_page}" if batch.first_page > 1 else ""
                try:
                    cells = row_of(form, batch, units, wave_order, "--finite" in words)
                except aiter_amd.amd.Fault as fault:
                    cells = [f"fault: {fault}"]
                print(f"| `{text}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
