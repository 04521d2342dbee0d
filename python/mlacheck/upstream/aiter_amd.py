"""aiter's decode for AMD, as shipped: the assembly objects for gfx942, run by the interpreter of mlacheck.amd.

The objects are those of the package amd-aiter, found where it is installed or where $MLACHECK_AITER_META says
(the folder aiter_meta), for the target gfx942 or the one that $MLACHECK_AITER_TARGET names. No GPU takes part. The
argument block and the grid are those of aiter_meta/csrc/py_itfs_cu/asm_mla.cu, the number of partial results that
stage 2 reads is that of aiter/mla.py.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

import numpy as np

import mlacheck
from mlacheck import amd

TRIED = {"aiter.mla.mla_decode_fwd": "the gfx942 objects of amd-aiter 0.1.7.post2.dev18, interpreted (docs/found.md)"}

LATENT = 512
COLUMNS = 576
THREADS = 256
SLOT = 16  # bytes of an argument
Array = Any


class Form(NamedTuple):
    """An object, and what its caller does around it."""
    file: str
    heads: int
    rows: int  # of queries times heads that a block takes
    keys: int  # of a request, for each of which stage 2 expects one more partial result: mgc in aiter/mla.py
    final: bool  # with one split, stage 2 copies what stage 1 is expected to have written in bf16
    fp8: bool = False  # queries and keys in e4m3fnuz (gfx950: e4m3fn), with one scale each


FORMS = {
    "aiter_mqa16": Form("mla_dec_stage1_bf16_a16w16_subQ16_mqa16.co", 16, 16, 64, False),
    "aiter_mqa128": Form("mla_dec_stage1_bf16_a16w16_subQ128_mqa128.co", 128, 128, 16, True),
    "aiter_qh16_m16x4": Form("mla_a16w16_qh16_m16x4_n16x1_coex0_mask1.co", 16, 128, 16, True),
    "aiter_qh16_m32x4": Form("mla_a16w16_qh16_m32x4_n16x1_coex0_mask1.co", 16, 128, 16, True),
    # mla_decode has no fp8, so these are no subjects: examples/python/amd/decode_writes.py runs them.
    "aiter_fp8_q1": Form("mla_a8w8_qh16_qseqlen1_gqaratio16.co", 16, 128, 64, False, True),
    "aiter_fp8_q2": Form("mla_a8w8_qh16_qseqlen2_gqaratio16.co", 16, 128, 16, True, True),
    "aiter_fp8_q4": Form("mla_a8w8_qh16_qseqlen4_gqaratio16.co", 16, 128, 16, True, True),
    "aiter_fp8_qh128": Form("mla_a8w8_qh128_m32x4_n16x2_msk1.co", 128, 128, 16, True, True),
}


def target() -> str:
    """Whose objects are run."""
    return os.environ.get("MLACHECK_AITER_TARGET", "gfx942")


def folder() -> Optional[Path]:
    """Where the objects lie, or None."""
    given = os.environ.get("MLACHECK_AITER_META")
    roots = [Path(given)] if given else []
    if not roots:
        try:
            found = importlib.util.find_spec("aiter_meta")
        except ModuleNotFoundError:
            found = None
        roots = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    places = [root / "hsa" / target() / "mla" for root in roots]
    return next((place for place in places if place.is_dir()), None)


def unavailable() -> Optional[str]:
    if folder() is None:
        return "needs aiter_meta, which is not installed"
    return amd.unavailable("gfx942")


@functools.lru_cache(maxsize=None)
def kernel(file: str) -> amd.Kernel:
    place = folder()
    if place is None:
        raise FileNotFoundError("aiter_meta is not installed, and $MLACHECK_AITER_META does not say where it is")
    return amd.load(place / file).kernel()


class Call(NamedTuple):
    """The operands of one decode, as aiter.mla.mla_decode_fwd takes them, and the memory that it makes."""
    q: Array
    kv: Array
    query_start_loc: Array
    kv_indptr: Array
    kv_indices: Array
    kv_last_page_len: Array
    out: Array
    partial: Array  # [rows, splits, H, latent], fp32; or out itself
    partial_lse: Array  # [rows, splits, H], fp32
    most_queries: int
    splits: int
    scale: float
    q_scale: Optional[Array] = None  # fp32 [1], of fp8
    kv_scale: Optional[Array] = None


def stage1(form: Form, call: Call, **options: Any) -> list[amd.Counts]:
    """The launch; options are those of Kernel.launch."""
    requests = len(call.query_start_loc) - 1
    splits_indptr = np.arange(requests + 1, dtype=np.int32) * np.int32(call.splits)
    row_bytes = call.q.strides[0] if call.q.shape[0] > 1 else COLUMNS * form.heads * call.q.itemsize
    page_bytes = COLUMNS * call.kv.itemsize * call.kv.shape[1]
    args = amd.pack(
        call.partial, call.partial_lse, call.q, call.kv, call.kv_indptr, call.kv_indices, call.kv_last_page_len,
        amd.f32(call.scale), form.heads * call.most_queries, call.splits, row_bytes * call.most_queries, page_bytes,
        0, call.query_start_loc, splits_indptr, call.out, call.q_scale, call.kv_scale,
        call.splits, slot=SLOT)
    grid = ((call.most_queries * form.heads + form.rows - 1) // form.rows, requests, call.splits)
    return kernel(form.file).launch(grid, (THREADS,), args, **options)


def direct(form: Form, most_queries: int, splits: int) -> bool:
    """Whether stage 1 gets the output itself, and stage 2 is left out."""
    return splits == 1 and (form.fp8 or most_queries == 4)


def splits_of(form: Form, asked: int, queries: int, keys: int, requests: int) -> int:
    """The splits of a call: fewer than asked for with fp8, where the requests are short on average."""
    if not form.fp8:
        return asked
    rows = form.heads * queries
    least = 128 if rows <= 32 else 64 if rows <= 64 else 32
    return min(asked, int(keys / requests + least - 1) // least)


def copies(form: Form, call: Call) -> bool:
    """Whether stage 2 copies what stage 1 is expected to have written in bf16."""
    return form.final and call.splits == 1


def parts_of(form: Form, call: Call, request: int) -> int:
    """How many partial results of each row stage 2 reads."""
    keys = int(call.kv_indptr[request + 1]) - int(call.kv_indptr[request])
    return min(call.splits, -(-keys // form.keys))


def stage2(form: Form, call: Call, lse_out: Optional[Array] = None) -> None:
    """What the Triton kernel of aiter/mla.py computes, in fp32 and in its order. It has a log-sum-exp on the way."""
    if direct(form, call.most_queries, call.splits):
        return
    for request in range(len(call.query_start_loc) - 1):
        parts = parts_of(form, call, request)
        first, past = int(call.query_start_loc[request]), int(call.query_start_loc[request + 1])
        for row in range(first, past):
            if copies(form, call):
                halves = call.partial.reshape(-1).view(call.out.dtype)
                at = row * form.heads * LATENT
                call.out[row] = halves[at:at + form.heads * LATENT].reshape(form.heads, LATENT)
                continue
            weights = np.zeros((form.heads, 1), np.float32)
            largest = np.full((form.heads, 1), -np.inf, np.float32)
            sums = np.zeros((form.heads, LATENT), np.float32)
            for part in range(parts):
                lse = call.partial_lse[row, part][:, None]
                new = np.fmax(lse, largest)
                kept = np.exp(largest - new)
                added = np.exp(lse - new)
                sums = sums * kept + added * call.partial[row, part]
                weights = weights * kept + added
                largest = new
            call.out[row] = (sums / weights).astype(call.out.dtype)
            if lse_out is not None:
                lse_out[row] = (largest + np.log(weights))[:, 0]


def log_sum_exp(call: Call, lse_out: Array) -> None:
    """Where aiter has none: with one split, nothing writes it. The op asks for it: computed here, in double."""
    for request in range(len(call.query_start_loc) - 1):
        first, past = int(call.query_start_loc[request]), int(call.query_start_loc[request + 1])
        begin, end = int(call.kv_indptr[request]), int(call.kv_indptr[request + 1])
        keys = call.kv[call.kv_indices[begin:end], 0].astype(np.float64)
        for row in range(first, past):
            seen = keys[:max(len(keys) - (past - 1 - row), 0)]
            logits = call.q[row].astype(np.float64) @ seen.T * call.scale
            largest = logits.max(axis=1, initial=-np.inf)
            shifted = logits - np.where(np.isfinite(largest), largest, 0)[:, None]
            lse_out[row] = largest + np.log(np.exp(shifted).sum(axis=1))


def call_of(form: Form, q: Array, kv: Array, query_start_loc: Array, kv_indptr: Array, kv_indices: Array,
            kv_last_page_len: Array, out: Array, splits: int, scale: float) -> Call:
    rows = q.shape[0]
    queries = int(np.diff(query_start_loc).max(initial=0))
    partial = out if direct(form, queries, splits) else mlacheck.empty((rows, splits, form.heads, LATENT), "float32",
                                                                 name="partial")
    partial_lse = mlacheck.empty((rows, splits, form.heads), "float32", name="partial_lse")
    return Call(q, kv, query_start_loc, kv_indptr, kv_indices, kv_last_page_len, out, partial, partial_lse,
                queries, splits, scale)


def _decode(form: Form) -> Callable[..., None]:
    def decode(q: Array, kv: Array, query_start_loc: Array, kv_indptr: Array, kv_indices: Array,
               kv_last_page_len: Array, out: Array, lse_out: Array, *, splits: int, scale: float) -> None:
        if q.shape[2] != COLUMNS or q.shape[1] != form.heads:
            raise mlacheck.Unsupported(f"q is {q.shape}: expected {form.heads} heads of {COLUMNS} columns")
        call = call_of(form, q, kv, query_start_loc, kv_indptr, kv_indices, kv_last_page_len, out, splits, scale)
        if call.most_queries == 0:
            return
        stage1(form, call)
        stage2(form, call, lse_out)
        if direct(form, call.most_queries, splits) or copies(form, call):
            log_sum_exp(call, lse_out)
    return decode


# What the host code asserts or takes for granted. A request without keys is inside: nothing refuses it. The objects
# for several query tokens mask later keys, always.
COMMON = ("dtype=bf16 latent=512 rope=64 page=1 page_map=csr padding=0 causal=1 q.layout=dense kv.layout=dense "
          "out.layout=dense kv_indptr.layout=dense kv_indices.layout=dense query_start_loc.layout=dense "
          "kv_last_page_len.layout=dense splits<=16")
# What docs/found.md has of them: without it, they pass.
KNOWN = "no_empty_request requests[1]>=1 finite_dead_values values!=level,shifted"


def _declare(form: Form, variant: str, where: str) -> Callable[..., None]:
    return mlacheck.subject(
        "mla_decode", variant=variant, framework="numpy", agreement="self_bitwise", numerics="triton",
        domain=mlacheck.domain(align=16, where=f"{COMMON} H={form.heads} {where}"),
        unavailable=unavailable)(_decode(form))


def _both(variant: str, where: str, known: str = "") -> list[Callable[..., None]]:
    """The domain that the host code states, and the part of it without what is known."""
    form = FORMS[variant]
    return [_declare(form, variant, where), _declare(form, f"{variant}_known", f"{where} {KNOWN} {known}".strip())]


mqa16, mqa16_known = _both("aiter_mqa16", "requests[0]=1")
mqa128, mqa128_known = _both("aiter_mqa128", "requests[0]>=1 requests[0]<=4", "requests[0]=1")
qh16_m16x4, qh16_m16x4_known = _both("aiter_qh16_m16x4", "requests[0]=2,3,4", "requests[1]>=4")
qh16_m32x4, qh16_m32x4_known = _both("aiter_qh16_m32x4", "requests[0]>=5 requests[0]<=16",
                                     "requests[0]<=8 requests[1]>=8")
