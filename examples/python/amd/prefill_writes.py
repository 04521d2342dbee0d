"""What aiter's two prefill objects for gfx942 write, element by element: a row for each batch.

    MLACHECK_AITER_META=.../aiter_meta MLACHECK=build/cpu/mlacheck PYTHONPATH=python \
        python3 examples/python/amd/prefill_writes.py [--in-step] [--finite]

The call is that of aiter.mla.mla_prefill_fwd: one split, the output itself as partial result. Memory that the kernel is
to write holds NaN at first, and so do all pages that belong to nobody; with --finite those hold zeros. Columns:

    out, LSE     elements stored, of those of queries that see a key; in how many stores; and of those that see none
    NaN          elements of the output in the end, of queries that see a key
    error        largest difference from attention in double precision, relative to the largest value
"""

from __future__ import annotations

import sys
from typing import Any, Sequence

import numpy as np
from decode_writes import Batch, batch_call, expected, times
from mlacheck import amd
from mlacheck.upstream import aiter_amd
from mlacheck.upstream.aiter_amd import COLUMNS, SLOT, THREADS, Call

FILES = {16: "mla_pfl_bf16_a16w16_causal_subQ16_mqa16.co", 128: "mla_pfl_bf16_a16w16_causal_subQ128_mqa128.co"}


def prefill_call(heads: int, batch: Batch, finite: bool) -> Call:
    return batch_call(aiter_amd.Form(FILES[heads], heads, 128, 16, False), batch, finite)


def launch(heads: int, call: Call, lse: Any, **options: Any) -> list[amd.Counts]:
    """Options are those of Kernel.launch."""
    row_bytes = COLUMNS * heads * call.q.itemsize
    args = amd.pack(call.out, lse, call.q, call.kv, call.kv_indptr, call.kv_indices, call.kv_last_page_len,
                    amd.f32(call.scale), heads, 1, row_bytes, COLUMNS * call.kv.itemsize, 0, call.query_start_loc, None,
                    None, None, None, 0, slot=SLOT)
    grid = ((call.most_queries * heads + 127) // 128, len(call.query_start_loc) - 1, 1)
    return aiter_amd.kernel(FILES[heads]).launch(grid, (THREADS,), args, **options)


def row_of(heads: int, batch: Batch, wave_order: str, finite: bool) -> list[str]:
    call = prefill_call(heads, batch, finite)
    lse = np.full((call.q.shape[0], 1, heads), np.nan, np.float32)
    out, logs = launch(heads, call, lse, watch=[call.out, lse], wave_order=wave_order)
    reference = expected(call)
    seen = ~np.isnan(reference)
    rows = seen[:, :1, 0]
    got = call.out.astype(np.float64)
    stores = out.stores[seen]
    of_lse = logs.stores[:, 0][np.broadcast_to(rows, logs.stores[:, 0].shape)]
    with np.errstate(invalid="ignore"):
        error = np.nanmax(np.abs(got - reference), initial=0) / max(np.nanmax(np.abs(reference), initial=0), 1e-30)
    return [f"{int((stores > 0).sum())} of {stores.size}; {times(stores[stores > 0])}; "
            f"{int((out.stores[~seen] > 0).sum())} of {int((~seen).sum())}",
            f"{int((of_lse > 0).sum())} of {of_lse.size}; {times(of_lse[of_lse > 0])}",
            f"{int((np.isnan(got) & seen).sum())}", f"{error:.1e}"]


BATCHES = [Batch([(1, 1)], 1), Batch([(5, 5)], 1), Batch([(8, 40)], 1), Batch([(64, 64)], 1), Batch([(70, 130)], 1),
           Batch([(3, 3), (40, 80), (9, 200)], 1), Batch([(40, 80), (3, 3)], 1), Batch([(4, 0), (4, 40)], 1),
           Batch([(4, 40), (0, 40)], 1)]


def main(words: Sequence[str]) -> None:
    wave_order = "in_step" if "--in-step" in words else "ascending"
    for heads, file in FILES.items():
        print(f"\n{file}\n| requests | out | LSE | NaN | error |\n|---|---|---|---|---|")
        for batch in BATCHES:
            text = "[" + ",".join(f"{n}:{keys}" for n, keys in batch.requests) + "]"
            try:
                cells = row_of(heads, batch, wave_order, "--finite" in words)
            except amd.Fault as fault:
                cells = [f"fault: {fault}"]
            print(f"| `{text}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
