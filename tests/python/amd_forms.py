"""Instruction forms of gfx942 that foreign decode kernels use, held against NumPy. Run by amd_test.py in the
interpreter that has NumPy."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from amd_assembled import assembled, missing  # noqa: E402
from mlacheck import amd  # noqa: E402

Array = Any
LANES = 64
RANDOM = np.random.default_rng(7)

# Every thread loads `words` words of each of the pointers p0, p1, ... to v[16 + 16 n] and on, and stores
# `results` words from v[64] and on to the last pointer.
LOAD = "s_load_dwordx2 s[{s}:{e}], s[0:1], {at}\n"


def run(code: str, inputs: list[Array], results: int, lds: int = 0, target: str = "gfx942") -> Array:
    """inputs: uint32 [64, words] each; the result is uint32 [64, results]."""
    text = "".join(LOAD.format(s=4 + 2 * i, e=5 + 2 * i, at=8 * i) for i in range(len(inputs) + 1))
    text += "s_waitcnt lgkmcnt(0)\nv_and_b32_e32 v0, 0x3ff, v0\n"
    for i, array in enumerate(inputs):
        words = array.shape[1]
        text += f"v_mul_u32_u24_e32 v1, {4 * words}, v0\n"
        for w in range(words):
            text += f"global_load_dword v{16 + 16 * i + w}, v1, s[{4 + 2 * i}:{5 + 2 * i}] offset:{4 * w}\n"
    text += "s_waitcnt vmcnt(0)\n" + code + "\ns_mov_b64 exec, -1\n"
    text += f"v_mul_u32_u24_e32 v1, {4 * results}, v0\n"
    at = 4 + 2 * len(inputs)
    for w in range(results):
        text += f"global_store_dword v1, v{64 + w}, s[{at}:{at + 1}] offset:{4 * w}\n"
    out = np.full((LANES, results), 0xDEADBEEF, np.uint32)
    kernel = amd.load(assembled(text, len(inputs) + 1, target, lds)).kernel()
    kernel.launch((1,), (LANES,), [*(np.ascontiguousarray(array, dtype=np.uint32) for array in inputs), out])
    return out


def words(low: int = 0, high: int = 2**32, count: int = 1) -> Array:
    return RANDOM.integers(low, high, (LANES, count), dtype=np.uint64).astype(np.uint32)


def bfloat16(values: Array) -> Array:
    """Bits of floats that bf16 holds."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint32)


def fnuz(code: int) -> float:
    """e4m3fnuz, from its definition."""
    if code == 0x80:
        return float("nan")
    sign = -1.0 if code & 0x80 else 1.0
    exponent, fraction = (code >> 3) & 15, code & 7
    return sign * (fraction * 2.0**-10 if exponent == 0 else (8 + fraction) * 2.0 ** (exponent - 11))


FNUZ = np.array([fnuz(code) for code in range(256)], np.float32)


@unittest.skipIf(missing() is not None, missing())
class Forms(unittest.TestCase):
    def matrices(self, rows: int, depth: int, kind: str) -> tuple[Array, Array, Array, Array]:
        """A and B in small whole numbers, which every order of summation adds exactly, and their registers."""
        shape = (rows, depth)
        a = RANDOM.integers(-8, 9, shape).astype(np.float32)
        b = RANDOM.integers(-8, 9, shape).astype(np.float32)  # [column][k]
        return a, b, self.registers(a, kind), self.registers(b, kind)

    def registers(self, matrix: Array, kind: str) -> Array:
        rows, depth = matrix.shape
        held = depth * rows // LANES
        lanes = np.stack([matrix[lane % rows, lane // rows * held:][:held] for lane in range(LANES)])
        if kind == "fp8":
            codes = np.array([[int(np.flatnonzero(FNUZ == value)[0]) for value in lane] for lane in lanes], np.uint8)
            return np.ascontiguousarray(codes).view(np.uint32)
        bits = bfloat16(lanes) if kind == "bf16" else lanes.astype(np.float16).view(np.uint16)
        return np.ascontiguousarray(bits.astype(np.uint16)).view(np.uint32)

    def product(self, mnemonic: str, rows: int, depth: int, kind: str) -> None:
        a, b, left, right = self.matrices(rows, depth, kind)
        count = rows * rows // LANES
        expected = a @ b.T
        held = left.shape[1]
        # EXEC plays no part; the accumulator comes from and goes to accumulation registers.
        code = "".join(f"v_mov_b32_e32 v{64 + r}, 0x40400000\n" for r in range(count))  # 3.0
        code += "".join(f"v_accvgpr_write_b32 a{8 + r}, v{64 + r}\n" for r in range(count))
        code += "".join(f"v_accvgpr_write_b32 a{40 + r}, v{16 + r}\n" for r in range(held))
        code += "s_mov_b64 exec, 1\n"
        code += (f"{mnemonic} a[8:{7 + count}], a[40:{39 + held}], v[32:{31 + held}], a[8:{7 + count}]\n"
                 "s_mov_b64 exec, -1\ns_nop 15\n")
        code += "".join(f"v_accvgpr_read_b32 v{64 + r}, a{8 + r}\n" for r in range(count))
        got = run(code, [left, right], count).view(np.float32)
        for lane in range(LANES):
            for r in range(count):
                row = 4 * (lane // 16) + r if rows == 16 else 8 * (r // 4) + 4 * (lane // 32) + r % 4
                self.assertEqual(got[lane, r], expected[row, lane % rows] + 3, (mnemonic, lane, r))

    def test_matrix_products(self) -> None:
        for mnemonic, rows, depth, kind in (("v_mfma_f32_16x16x16_bf16", 16, 16, "bf16"),
                                            ("v_mfma_f32_16x16x16_f16", 16, 16, "f16"),
                                            ("v_mfma_f32_32x32x8_bf16", 32, 8, "bf16"),
                                            ("v_mfma_f32_32x32x8_f16", 32, 8, "f16"),
                                            ("v_mfma_f32_16x16x32_fp8_fp8", 16, 32, "fp8"),
                                            ("v_mfma_f32_32x32x16_fp8_fp8", 32, 16, "fp8")):
            with self.subTest(mnemonic=mnemonic):
                self.product(mnemonic, rows, depth, kind)

    def test_a_constant_as_addend(self) -> None:
        a, b, left, right = self.matrices(16, 16, "bf16")
        got = run("v_mfma_f32_16x16x16_bf16 v[64:67], v[16:17], v[32:33], 0", [left, right], 4).view(np.float32)
        self.assertEqual(got[17, 2], (a @ b.T)[4 + 2, 1])

    def test_products_are_exact(self) -> None:
        # 1 + 2^-7 squared has 15 bits: rounded to bf16 it would lose the last.
        a = np.zeros((16, 16), np.float32)
        b = np.zeros((16, 16), np.float32)
        a[0, :2] = 1, 1 + 2.0**-7
        b[0, :2] = 1, 1 + 2.0**-7
        got = run("v_mfma_f32_16x16x16_bf16 v[64:67], v[16:17], v[32:33], 0",
                  [self.registers(a, "bf16"), self.registers(b, "bf16")], 4).view(np.float32)
        self.assertEqual(got[0, 0], np.float32(1 + (1 + 2.0**-7) ** 2))

    def test_broadcast_within_rows(self) -> None:
        a, b = words(0, 2**24), words(0, 2**24)
        for n in (0, 3, 15):
            got = run(f"v_mul_u32_u24_dpp v64, v16, v32 row_newbcast:{n} row_mask:0xf bank_mask:0xf", [a, b], 1)
            source = a[:, 0].reshape(4, 16)[:, [n]].repeat(16, axis=1).reshape(-1)
            expected = (source.astype(np.uint64) * b[:, 0]) & 0xFFFFFFFF
            np.testing.assert_array_equal(got[:, 0], expected.astype(np.uint32))

    def test_register_index(self) -> None:
        # The first source moves by s30, the second and the target do not; M0 is overwritten.
        a, b = words(0, 1000, 8), words(0, 1000)
        code = ("s_mov_b32 m0, 0x5000a\ns_mov_b32 s30, 3\ns_set_gpr_idx_on s30, gpr_idx(SRC0)\n"
                "v_add_u32_e32 v64, v16, v32\nv_add_u32_e32 v65, v17, v32\ns_set_gpr_idx_off\n"
                "v_mov_b32_e32 v66, m0\nv_mov_b32_e32 v67, v16\n")
        got = run(code, [a, b], 4)
        np.testing.assert_array_equal(got[:, 0], a[:, 3] + b[:, 0])
        np.testing.assert_array_equal(got[:, 1], a[:, 4] + b[:, 0])
        np.testing.assert_array_equal(got[:, 2], np.full(LANES, 0x51003, np.uint32))
        np.testing.assert_array_equal(got[:, 3], a[:, 0])
        code = ("s_mov_b32 s30, 2\ns_set_gpr_idx_on s30, gpr_idx(SRC1,DST)\nv_add_u32_e32 v64, v16, v32\n"
                "s_set_gpr_idx_off\n")
        four = words(0, 1000, 4)
        np.testing.assert_array_equal(run(code, [a, four], 3)[:, 2], a[:, 0] + four[:, 2])

    def test_fp8_codes(self) -> None:
        codes = np.arange(256, dtype=np.uint32)
        low = (codes | (codes[::-1] << 8)).reshape(4, LANES)
        for part, select in ((0, "WORD_0"), (16, "WORD_1")):
            for row in low:
                got = run(f"v_cvt_pk_f32_fp8_sdwa v[64:65], v16 src0_sel:{select}", [(row << part)[:, None]], 2)
                np.testing.assert_array_equal(got.view(np.float32)[:, 0], FNUZ[row & 255])
                np.testing.assert_array_equal(got.view(np.float32)[:, 1], FNUZ[row >> 8])

    def test_to_fp8(self) -> None:
        finite = FNUZ[~np.isnan(FNUZ)]
        ordered = np.unique(finite)
        middles = (ordered[:-1] + ordered[1:]) / 2
        values = np.concatenate([ordered, middles, np.nextafter(middles, np.float32(np.inf)),
                                 np.nextafter(middles, np.float32(-np.inf)), [1000, -1000, np.inf, np.nan, -0.0]])
        values = values.astype(np.float32)
        values = np.concatenate([values, np.zeros(-len(values) % 128, np.float32)]).reshape(-1, LANES, 2)
        for pair in values:
            bits = pair.view(np.uint32)
            code = ("v_mov_b32_e32 v64, 0x12345678\nv_mov_b32_e32 v65, 0x12345678\n"
                    "v_cvt_pk_fp8_f32 v64, v16, v17\nv_cvt_pk_fp8_f32 v65, v16, v17 op_sel:[0,0,1]\n")
            got = run(code, [bits], 2)
            np.testing.assert_array_equal(got[:, 0] >> 16, np.full(LANES, 0x1234))
            np.testing.assert_array_equal(got[:, 1] & 0xFFFF, np.full(LANES, 0x5678))
            np.testing.assert_array_equal(got[:, 0] & 0xFFFF, got[:, 1] >> 16)
            for part in (0, 1):
                for value, word in zip(pair[:, part], got[:, 0]):
                    self.assertEqual((word >> (8 * part)) & 255, self.rounded(float(value)), value)

    def rounded(self, value: float) -> int:
        """Nearest code, ties to the even one; too large is NaN."""
        if np.isnan(value) or abs(value) >= 248:
            return 0x80
        codes = [code for code in range(256) if code != 0x80]
        best = min(codes, key=lambda code: (abs(float(FNUZ[code]) - value), code & 1, code >> 7))
        return best

    def test_loads_to_lds(self) -> None:
        # Lane l's dword goes to M0 + offset + 4 l, and the offset counts for memory, too. Past the end: 0.
        data = words(count=4)
        code = ("s_mov_b32 s6, 960\ns_mov_b32 s7, 0x20000\ns_mov_b32 s12, s4\ns_or_b32 s13, s5, 0x40000\n"
                "s_mov_b32 s14, s6\ns_mov_b32 s15, s7\ns_load_dwordx2 s[6:7], s[0:1], 8\n"
                "s_mov_b32 m0, 0x100\nv_lshlrev_b32_e32 v2, 2, v0\n"
                "buffer_load_dword v2, s[12:15], 0 offen offset:768 lds\n"
                "buffer_load_dword v2, s[12:15], 0 offen lds\ns_waitcnt vmcnt(0) lgkmcnt(0)\n"
                "ds_read_b32 v64, v2 offset:256\nds_read_b32 v65, v2 offset:1024\ns_waitcnt lgkmcnt(0)\n")
        got = run(code, [data], 2, lds=2048)
        flat = data.reshape(-1)
        np.testing.assert_array_equal(got[:, 0], flat[:LANES])
        past = np.where(np.arange(LANES) < 48, flat[192:256], 0)
        np.testing.assert_array_equal(got[:, 1], past)

    def test_limits_of_raw_buffers(self) -> None:
        # The limit is in bytes and for each dword, though the stride is 4; stores past it are dropped.
        data = words(count=4)
        code = ("s_mov_b32 s12, s4\ns_or_b32 s13, s5, 0x40000\ns_mov_b32 s14, 24\ns_mov_b32 s15, 0x20000\n"
                "v_lshlrev_b32_e32 v2, 4, v0\nv_mov_b32_e32 v64, 1\n"
                "buffer_load_dwordx4 v[64:67], v2, s[12:15], 0 offen\n"
                "v_mov_b32_e32 v70, 7\nv_mov_b32_e32 v71, 8\n"
                "buffer_store_dwordx2 v[70:71], v2, s[12:15], 0 offen offset:4\ns_waitcnt vmcnt(0)\n"
                "buffer_load_dwordx2 v[68:69], v2, s[12:15], 0 offen offset:4\ns_waitcnt vmcnt(0)\n")
        got = run(code, [data.copy()], 6)
        np.testing.assert_array_equal(got[0, :4], data[0])
        np.testing.assert_array_equal(got[1, :4], [data[1, 0], data[1, 1], 0, 0])
        np.testing.assert_array_equal(got[2:, :4], np.zeros((LANES - 2, 4)))
        np.testing.assert_array_equal(got[0, 4:], [7, 8])
        np.testing.assert_array_equal(got[1, 4:], [7, 0])


@unittest.skipIf(missing() is not None, missing())
class Launches(unittest.TestCase):
    STORE = ("s_load_dwordx2 s[4:5], s[0:1], 0\nv_and_b32_e32 v0, 0x3ff, v0\nv_lshlrev_b32_e32 v1, 2, v0\n"
             "s_waitcnt lgkmcnt(0)\ns_lshl_b32 s6, s2, 8\nv_add_u32_e32 v1, s6, v1\n"
             "v_mov_b32_e32 v2, s2\nglobal_store_dword v1, v2, s[4:5]\n")

    def kernel(self, target: str = "gfx90a", code: str = "") -> amd.Kernel:
        return amd.load(assembled(code or self.STORE, 1, target)).kernel("k")

    def test_a_kernel_of_each_target(self) -> None:
        for target in ("gfx90a", "gfx942"):
            kernel = self.kernel(target)
            self.assertEqual((kernel.target, kernel.wave_size, kernel.unknown()), (target, 64, []))
            self.assertEqual([argument.name for argument in kernel.arguments], ["p0"])
            out = np.full(256, 99, np.uint32)
            kernel.launch((3,), (64,), [out])
            np.testing.assert_array_equal(out, np.repeat([0, 1, 2, 99], 64))

    def test_counts(self) -> None:
        out = np.zeros((5, 64), np.float32)
        counts, = self.kernel().launch((4,), (64,), [out], watch=[out])
        np.testing.assert_array_equal(counts.stores[:, 0], [1, 1, 1, 1, 0])
        np.testing.assert_array_equal(counts.last_wave[:4, 5], [0, 1, 2, 3])
        self.assertEqual(counts.unwritten_loads.sum(), 0)
        again = ("s_load_dwordx2 s[4:5], s[0:1], 0\nv_and_b32_e32 v0, 0x3ff, v0\nv_lshlrev_b32_e32 v1, 2, v0\n"
                 "s_waitcnt lgkmcnt(0)\nglobal_load_dword v2, v1, s[4:5]\nglobal_store_dword v1, v2, s[4:5]\n"
                 "global_store_dword v1, v2, s[4:5]\nglobal_load_dword v2, v1, s[4:5]\n")
        counts, = self.kernel(code=again).launch((1,), (64,), [out], watch=[out])
        self.assertEqual((counts.stores[0, 9], counts.unwritten_loads[0, 9]), (2, 1))

    def test_an_address_outside_the_arrays(self) -> None:
        whole = np.zeros(256, np.uint32)
        with self.assertRaisesRegex(amd.Fault, r"memory store of 4 bytes at 0x\w+, .*'global_store_dword .*lane 0, "
                                               r"kernel k \(gfx90a\), block \(3, 0, 0\), wave 0"):
            self.kernel().launch((4,), (64,), [whole[:192]])
        self.assertEqual(list(whole[::64]), [0, 1, 2, 0])

    def test_orders_of_blocks_and_waves(self) -> None:
        last = self.STORE.replace("s_lshl_b32 s6, s2, 8", "s_mov_b32 s6, 0")
        out = np.zeros(64, np.uint32)
        orders = set()
        for seed in range(8):
            self.kernel(code=last).launch((3,), (64,), [out], order_seed=seed)
            orders.add(int(out[0]))
        self.assertEqual(orders, {0, 1, 2})
        wave = ("s_load_dwordx2 s[4:5], s[0:1], 0\nv_and_b32_e32 v0, 0x3ff, v0\nv_lshrrev_b32_e32 v1, 6, v0\n"
                "v_mov_b32_e32 v2, 0\ns_waitcnt lgkmcnt(0)\nglobal_store_dword v2, v1, s[4:5]\n")
        for order, last_to_store in (("ascending", 3), ("descending", 0), ("in_step", 3)):
            self.kernel(code=wave).launch((1,), (256,), [out], wave_order=order)
            self.assertEqual(out[0], last_to_store)
        with self.assertRaisesRegex(ValueError, "wave_order 'sideways': expected one of ascending descending in_step"):
            self.kernel(code=wave).launch((1,), (256,), [out], wave_order="sideways")

    def test_checks(self) -> None:
        code = self.STORE.replace("s_waitcnt lgkmcnt(0)", "s_nop 0")
        self.assertNotEqual(code, self.STORE)
        out = np.zeros(64, np.uint32)
        self.kernel(code=code).launch((1,), (64,), [out])
        self.kernel().launch((1,), (64,), [out], checks=amd.CHECKS)
        with self.assertRaisesRegex(amd.Fault, r"register s\d+ is read while 's_load_dwordx2 .*no s_waitcnt"):
            self.kernel(code=code).launch((1,), (64,), [out], checks=["waits"])
        with self.assertRaisesRegex(ValueError, "checks 'wait': expected some of undefined waits hazards races"):
            self.kernel().launch((1,), (64,), [out], checks=["wait"])

    def test_waves_in_step(self) -> None:
        # Wave 1 stores its number after one instruction, wave 0 after many, and reads it first.
        code = ("s_load_dwordx2 s[4:5], s[0:1], 0\nv_and_b32_e32 v0, 0x3ff, v0\nv_lshrrev_b32_e32 v1, 6, v0\n"
                "v_mov_b32_e32 v2, 0\nv_mov_b32_e32 v4, 7\nv_readfirstlane_b32 s6, v1\ns_waitcnt lgkmcnt(0)\n"
                "s_cmp_eq_u32 s6, 0\ns_cbranch_scc1 3\nglobal_store_dword v2, v4, s[4:5]\ns_endpgm\n"
                "s_nop 0\ns_nop 0\ns_nop 0\nglobal_load_dword v3, v2, s[4:5]\n"
                "global_store_dword v2, v3, s[4:5] offset:4\n")
        for order, seen in (("ascending", 5), ("in_step", 7)):
            out = np.array([5, 0], np.uint32)
            self.kernel(code=code).launch((1,), (128,), [out], wave_order=order)
            self.assertEqual(list(out), [7, seen], order)

    def test_what_cannot_be_executed(self) -> None:
        unknown = self.kernel(code="v_mfma_i32_16x16x16i8 v[4:7], v1, v2, v[4:7]\ns_sleep 1\n" + self.STORE)
        (count, mnemonic, reason), = unknown.unknown()
        self.assertEqual((count, mnemonic), (1, "v_mfma_i32_16x16x16i8"), reason)
        with self.assertRaisesRegex(amd.Fault, "cannot execute 'v_mfma_i32_16x16x16i8"):
            unknown.launch((1,), (64,), [np.zeros(64, np.uint32)])

    def test_bad_input(self) -> None:
        with self.assertRaisesRegex(amd.BadCodeObject, "code object"):
            amd.load(b"not an object")
        with self.assertRaisesRegex(TypeError, "2 arguments, expected 1: p0"):
            self.kernel().launch((1,), (64,), [np.zeros(64, np.uint32), 1])
        with self.assertRaisesRegex(KeyError, "expected one of k"):
            amd.load(assembled(self.STORE, 1, "gfx942")).kernel("other")
        with self.assertRaisesRegex(ValueError, "contiguous"):
            out = np.zeros((64, 2), np.uint32)[:, 0]
            self.kernel().launch((1,), (64,), [out], watch=[out])
        with self.assertRaisesRegex(amd.Fault, "expected 1 to 1024"):
            self.kernel().launch((1,), (2048,), [np.zeros(64, np.uint32)])


class Packing(unittest.TestCase):
    def test_alignment(self) -> None:
        array = np.zeros(3, np.float32)
        packed = amd.pack(1, array, amd.f32(0.5), None)
        self.assertEqual(len(packed.block), 32)
        self.assertEqual(packed.block[:4] + packed.block[16:20], b"\x01\0\0\0" + b"\0\0\0\x3f")
        self.assertEqual(int.from_bytes(packed.block[8:16], "little"), array.ctypes.data)
        self.assertEqual(len(amd.pack(1, array, slot=16).block), 32)

    def test_extent(self) -> None:
        array = np.zeros((4, 6), np.float32)
        begin = array.ctypes.data
        self.assertEqual(amd.extent(array[1:3, ::-2]), (begin + 4 * 7, begin + 4 * 18))
        self.assertEqual(amd.extent(array[:0]), (begin, begin))


if __name__ == "__main__":
    unittest.main()
