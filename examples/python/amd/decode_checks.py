"""What the interpreter's checks find in aiter's objects for gfx942: a row for each batch and check.

    MLACHECK_AITER_META=.../aiter_meta MLACHECK=build/cpu/mlacheck PYTHONPATH=python \
        python3 examples/python/amd/decode_checks.py [--in-step] [VARIANT ...]

Each check runs by itself, since the first finding ends a launch. Pages that belong to nobody hold zeros. The variants
are those of decode_writes.py and persistent_writes.py, and prefill_16 and prefill_128.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Sequence

import decode_writes
import numpy as np
import persistent_writes
import prefill_writes
from decode_writes import Batch
from mlacheck import amd
from mlacheck.upstream import aiter_amd, aiter_amd_persistent

Launch = Callable[..., Any]
PREFILL = {f"prefill_{heads}": heads for heads in prefill_writes.FILES}


def decode_launch(variant: str, batch: Batch) -> Launch:
    form = aiter_amd.FORMS[variant]
    call = decode_writes.batch_call(form, batch, finite=True)
    return lambda **options: aiter_amd.stage1(form, call, **options)


def persistent_launch(variant: str, batch: Batch) -> Launch:
    form = aiter_amd_persistent.FORMS[variant]
    call = persistent_writes.batch_call(form, batch, units=4, finite=True)
    return lambda **options: aiter_amd_persistent.stage1(form, call, **options)


def prefill_launch(variant: str, batch: Batch) -> Launch:
    heads = PREFILL[variant]
    call = prefill_writes.prefill_call(heads, batch, finite=True)
    lse = np.full((call.q.shape[0], 1, heads), np.nan, np.float32)
    return lambda **options: prefill_writes.launch(heads, call, lse, **options)


def launches(variant: str) -> list[tuple[Batch, Launch]]:
    """A few small batches: one request, an uneven batch, a request without keys."""
    if variant in PREFILL:
        batches = [Batch([(5, 5)], 1), Batch([(3, 3), (20, 70)], 1)]
        return [(batch, prefill_launch(variant, batch)) for batch in batches]
    if variant in aiter_amd.FORMS:
        n = decode_writes.QUERIES[variant][-1]
        batches = [Batch([(n, 130)], 1), Batch([(n, 130)], 2), Batch([(n, 0), (n, 70)], 2)]
        return [(batch, decode_launch(variant, batch)) for batch in batches]
    n = aiter_amd_persistent.FORMS[variant].queries
    batches = [Batch([(n, 130)], 1), Batch([(n, 0), (n, 70)], 1)]
    return [(batch, persistent_launch(variant, batch)) for batch in batches]


def main(words: Sequence[str]) -> None:
    wave_order = "in_step" if "--in-step" in words else "ascending"
    known = [*aiter_amd.FORMS, *aiter_amd_persistent.FORMS, *PREFILL]
    wanted = [word for word in words if not word.startswith("--")]
    for variant in wanted or known:
        for batch, launch in launches(variant):
            text = "[" + ",".join(f"{n}:{keys}" for n, keys in batch.requests) + f"] S={batch.splits}"
            for check in amd.CHECKS:
                try:
                    launch(checks=[check], wave_order=wave_order)
                    found = "nothing"
                except amd.Fault as fault:
                    found = str(fault)
                print(f"{variant} {text} {check}: {found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
