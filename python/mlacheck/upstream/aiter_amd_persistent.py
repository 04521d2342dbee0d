"""aiter's persistent decode objects for gfx942, run by the interpreter of mlacheck.amd.

A launch has as many blocks as the device has compute units, each with a list of work.

The lists are those of aiter_meta/csrc/kernels/mla/metadata/v1_2_device.cuh, the reduction that of
aiter_meta/csrc/kernels/mla/reduce.cu, both in NumPy here, the argument block that of csrc/py_itfs_cu/asm_mla.cu.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

import mlacheck
from mlacheck import amd
from mlacheck.upstream import aiter_amd
from mlacheck.upstream.aiter_amd import COLUMNS, LATENT, SLOT, THREADS

TRIED = {"aiter.mla.mla_decode_fwd with work lists":
         "the persistent gfx942 objects of amd-aiter 0.1.7.post2.dev18, interpreted (docs/found.md)"}

Array = Any
OVERHEAD = 16  # blocks of keys that a work item costs beside its own
TILE_ROWS = 128  # of queries times heads that a block takes
GRANULARITY = 16  # keys of a block


class Form(NamedTuple):
    """An object, and which calls it is for."""
    file: str
    heads: int
    queries: int  # at most
    fp8_queries: bool
    fp8_keys: bool


FORMS = {
    "aiter_ps_bf16": Form("mla_a16w16_qh16_m16x4_n16x1_coex0_mask1_ps.co", 16, 4, False, False),
    "aiter_ps_mixed": Form("mla_a16w8_qh16_m16x4_n16x1_coex0_mask1_ps.co", 16, 4, False, True),
    "aiter_ps_fp8_q1": Form("mla_a8w8_qh16_qseqlen1_gqaratio16_ps.co", 16, 1, True, True),
    "aiter_ps_fp8_q2": Form("mla_a8w8_qh16_qseqlen2_gqaratio16_ps.co", 16, 2, True, True),
    "aiter_ps_fp8_q4": Form("mla_a8w8_qh16_qseqlen4_gqaratio16_ps.co", 16, 4, True, True),
    "aiter_ps_fp8_qh128": Form("mla_a8w8_qh128_m32x4_n16x2_msk0_ps.co", 128, 1, True, True),
}


if aiter_amd.target() == "gfx950":
    FORMS["aiter_ps_fp8_qh128_msk1"] = Form("mla_a8w8_qh128_m32x4_n16x2_msk1_ps.co", 128, 4, True, True)


class Work(NamedTuple):
    """The lists of one call, int32."""
    indptr: Array  # [units + 1]: which items are whose
    items: Array  # [n, 8]: request, first partial row or -1, queries [from, to), keys [from, to), keys after, 0
    reduce_indptr: Array  # [tiles + 1]: which partial results make up a tile of queries
    final_map: Array  # [tiles, 2]: the queries of a tile
    partial_map: Array  # first partial row of each result
    partial_rows: int


def _quotient(value: int, by: int) -> int:
    return -(-value // by)


def work_of(query_start_loc: Array, kv_indptr: Array, heads: int, units: int) -> Work:
    """Deals the requests' blocks of keys out, in their order, so that each unit gets about as many."""
    requests = len(query_start_loc) - 1
    blocks = [_quotient(int(kv_indptr[r + 1] - kv_indptr[r]), GRANULARITY) for r in range(requests)]
    payload = _quotient(sum(blocks) + requests * OVERHEAD, units) + OVERHEAD
    most = int(np.diff(query_start_loc).max(initial=0))
    split_queries = most * heads > TILE_ROWS
    items: list[list[int]] = []
    indptr, reduce_indptr = [0], [0]
    final_map: list[tuple[int, int]] = []
    partial_map: list[int] = []
    rows = 0
    request, done = 0, 0
    parts: list[list[int]] = []  # first partial rows of the request's earlier splits, by tile
    for _ in range(units):
        left = payload
        while request < requests:
            first, past = int(query_start_loc[request]), int(query_start_loc[request + 1])
            tiles = _quotient((past - first) * heads, TILE_ROWS) if split_queries else 1
            size = _quotient(past - first, max(tiles, 1)) if tiles else 0
            begin, end = int(kv_indptr[request]), int(kv_indptr[request + 1])
            last = left >= blocks[request] - done + OVERHEAD
            if not last and left <= OVERHEAD:
                break
            taken = blocks[request] - done if last else left - OVERHEAD
            split = not last or bool(parts)
            for tile in range(tiles):
                at = rows + tile * size if split else -1
                start = begin + done * GRANULARITY
                # A tile of earlier queries does not see the keys of the later ones.
                stop = min(start + taken * GRANULARITY, end - (tiles - 1 - tile))
                queries = first + tile * size
                items.append([request, at, queries, min(queries + size, past), start, stop, end - stop, 0])
            if split:
                parts.append([rows + tile * size for tile in range(tiles)])
                rows += tiles * size
            if not last:
                done += taken
                break
            for tile in range(tiles):
                partial_map += [part[tile] for part in parts]
                reduce_indptr.append(len(partial_map))
                queries = first + tile * size
                final_map.append((queries, min(queries + size, past)))
            left -= taken + OVERHEAD
            request, done, parts = request + 1, 0, []
        indptr.append(len(items))
    whole = [np.array(indptr, np.int32), np.array(items, np.int32).reshape(-1, 8), np.array(reduce_indptr, np.int32),
             np.array(final_map, np.int32).reshape(-1, 2), np.array(partial_map, np.int32)]
    return Work(*whole, partial_rows=rows)


class Call(NamedTuple):
    """The operands of one decode, and the memory that aiter.mla.mla_decode_fwd makes."""
    q: Array
    kv: Array
    query_start_loc: Array
    kv_indptr: Array
    kv_indices: Array
    kv_last_page_len: Array
    out: Array
    partial: Array  # [rows, 1, H, latent], fp32
    partial_lse: Array  # [rows, 1, H], fp32
    work: Work
    scale: float
    q_scale: Optional[Array] = None
    kv_scale: Optional[Array] = None


def stage1(form: Form, call: Call, **options: Any) -> list[amd.Counts]:
    """The launch; options are those of Kernel.launch."""
    most = int(np.diff(call.query_start_loc).max(initial=0))
    pointers = np.zeros(10, np.uint64)
    pointers[:2] = call.work.indptr.ctypes.data, call.work.items.ctypes.data
    row_bytes = call.q.strides[0] if call.q.shape[0] > 1 else COLUMNS * form.heads * call.q.itemsize
    page_bytes = COLUMNS * call.kv.itemsize * call.kv.shape[1]
    args = amd.pack(
        call.partial, call.partial_lse, call.q, call.kv, call.kv_indptr, call.kv_indices, call.kv_last_page_len,
        amd.f32(call.scale), form.heads * most, 1, row_bytes * most, page_bytes, 0, call.query_start_loc, pointers,
        call.out, call.q_scale, call.kv_scale, 1, slot=SLOT)
    more = [call.work.indptr, call.work.items, *options.pop("arrays", [])]
    return aiter_amd.kernel(form.file).launch((len(call.work.indptr) - 1,), (THREADS,), args, arrays=more, **options)


def reduce(call: Call, lse_out: Optional[Array] = None) -> None:
    """What reduce.cu computes, in fp32: tiles of one partial result are none of its."""
    work = call.work
    for tile, (first, past) in enumerate(work.final_map):
        parts = work.partial_map[work.reduce_indptr[tile]:work.reduce_indptr[tile + 1]]
        if len(parts) < 2:
            continue
        for row in range(first, past):
            at = parts + (row - first)
            lse = call.partial_lse[at, 0]
            largest = np.fmax.reduce(lse, axis=0, initial=np.float32(-np.inf))
            with np.errstate(invalid="ignore", divide="ignore"):
                total = np.exp(lse - largest).sum(axis=0, dtype=np.float32)
                whole = np.where((total == 0) | np.isnan(total), np.float32(np.inf), np.log(total) + largest)
                sums = np.zeros(call.out.shape[1:], np.float32)
                for part, row_lse in zip(at, lse):
                    sums += np.exp(row_lse - whole)[:, None] * call.partial[part, 0]
            call.out[row] = sums.astype(call.out.dtype)
            if lse_out is not None:
                lse_out[row] = whole


def _decode(form: Form, units: int) -> Any:
    def decode(q: Array, kv: Array, query_start_loc: Array, kv_indptr: Array, kv_indices: Array,
               kv_last_page_len: Array, out: Array, lse_out: Array, *, splits: int, scale: float) -> None:
        if q.shape[2] != COLUMNS or q.shape[1] != form.heads:
            raise mlacheck.Unsupported(f"q is {q.shape}: expected {form.heads} heads of {COLUMNS} columns")
        if int(np.diff(query_start_loc).max(initial=0)) == 0:
            return
        work = work_of(query_start_loc, kv_indptr, form.heads, units)
        partial = mlacheck.empty((max(work.partial_rows, 1), 1, form.heads, LATENT), "float32", name="partial")
        partial_lse = mlacheck.empty((max(work.partial_rows, 1), 1, form.heads), "float32", name="partial_lse")
        call = Call(q, kv, query_start_loc, kv_indptr, kv_indices, kv_last_page_len, out, partial, partial_lse, work,
                    scale)
        stage1(form, call)
        reduce(call)
        # aiter has a log-sum-exp only of rows that it reduces. The op asks for all: computed here, in double.
        aiter_amd.log_sum_exp(aiter_amd.Call(q, kv, query_start_loc, kv_indptr, kv_indices, kv_last_page_len, out,
                                             partial, partial_lse, 0, 1, scale), lse_out)
    return decode


def _both(variant: str, where: str, known: str, units: int = 8) -> list[Any]:
    """The domain that the host code states, and the part of it without what is known."""
    form = FORMS[variant]
    return [mlacheck.subject(
        "mla_decode", variant=name, framework="numpy", agreement="self_bitwise", numerics="triton",
        domain=mlacheck.domain(align=16, where=f"{aiter_amd.COMMON} H={form.heads} {where} {more}".strip()),
        unavailable=aiter_amd.unavailable)(_decode(form, units))
        for name, more in ((variant, ""), (f"{variant}_known", known))]


# Eight units, so that requests of a few hundred keys are split among them.
ps_bf16, ps_bf16_known = _both("aiter_ps_bf16", "requests[0]>=1 requests[0]<=4", f"{aiter_amd.KNOWN} requests[0]=1")
