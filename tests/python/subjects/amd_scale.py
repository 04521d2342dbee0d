"""strided_bmm with one column: out[t] = x[t] w, by a kernel of four arguments that is assembled here."""

import sys
from pathlib import Path

import mlacheck
import numpy as np
from mlacheck import amd

sys.path.insert(0, str(Path(__file__).parents[1]))
from amd_assembled import assembled, missing  # noqa: E402

# Arguments x, w, out, and a pointer to the number of elements.
CODE = """
s_load_dwordx8 s[4:11], s[0:1], 0
v_and_b32_e32 v0, 0x3ff, v0
s_waitcnt lgkmcnt(0)
s_load_dword s12, s[10:11], 0
s_load_dword s13, s[6:7], 0
s_lshl_b32 s14, s2, 6
v_add_u32_e32 v0, s14, v0
v_lshlrev_b32_e32 v1, 2, v0
s_waitcnt lgkmcnt(0)
v_cmp_gt_u32_e32 vcc, s12, v0
s_and_b64 exec, exec, vcc
global_load_dword v2, v1, s[4:5]
s_waitcnt vmcnt(0)
v_mul_f32_e32 v2, s13, v2
global_store_dword v1, v2, s[8:9]
"""

kernel = None


def launch(x, w, out, count):
    global kernel
    if kernel is None:
        kernel = amd.load(assembled(CODE, 4, "gfx90a")).kernel()
    number = np.array([count], np.uint32)
    if out.size:
        kernel.launch((-(-out.size // 64) + 1,), (64,), [x, w, out, number])


def unavailable():
    return missing() or amd.unavailable()


def declare(variant):
    return mlacheck.subject(
        "strided_bmm", variant=variant, framework="numpy", agreement="within_bound", unavailable=unavailable,
        domain="dtype=f32 latent=1 V=1 H=1 T>=1 T<=300 x.layout=dense w.layout=dense out.layout=dense")


@declare("scale")
def scale(x, w, out):
    launch(x, w, out, out.size)


@declare("scale_one_too_many")
def scale_one_too_many(x, w, out):
    launch(x, w, out, out.size + 1)


@declare("scale_one_too_few")
def scale_one_too_few(x, w, out):
    launch(x, w, out, out.size - 1)
