"""Instruction forms that gfx950 adds to gfx942, held against NumPy. Run by amd_test.py where NumPy is.

The words are those that LLVM 22 (Triton 3.6) assembles; their texts are in tests/harness/amd/decode/gfx950_test.cpp."""

from __future__ import annotations

import unittest
from typing import Any

import numpy as np
from amd_assembled import missing
from amd_forms import LANES, RANDOM, run, words

Array = Any
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def on_gfx950(encoding: str, inputs: list[Array], results: int, before: str = "") -> Array:
    code = before + "".join(f".long 0x{word}\n" for word in encoding.split())
    return run(code + "s_nop 15\n", inputs, results, target="gfx950")


def packed(codes: Array) -> Array:
    """Codes [64, n] of four bits to words, the first in the lowest bits."""
    pairs = codes[:, 0::2] | codes[:, 1::2] << 4
    return np.ascontiguousarray(pairs.astype(np.uint8)).view(np.uint32)


def ocp(code: int, fraction_bits: int, bias: int) -> float:
    """E4M3 and E5M2 of the OCP specification, from their definitions."""
    magnitude = code & 0x7F
    sign = -1.0 if code & 0x80 else 1.0
    if fraction_bits == 3 and magnitude == 0x7F or fraction_bits == 2 and magnitude > 0x7C:
        return float("nan")
    if fraction_bits == 2 and magnitude == 0x7C:
        return sign * float("inf")
    exponent, fraction = magnitude >> fraction_bits, magnitude & (1 << fraction_bits) - 1
    scale = 2.0 ** (1 - bias - fraction_bits) if exponent == 0 else 2.0 ** (exponent - bias - fraction_bits)
    return sign * (fraction if exponent == 0 else fraction + (1 << fraction_bits)) * scale


E4M3 = np.array([ocp(code, 3, 7) for code in range(256)])
E5M2 = np.array([ocp(code, 2, 15) for code in range(256)])


def result_row(rows: int, lane: int, register: int) -> int:
    return 4 * (lane // 16) + register if rows == 16 else 8 * (register // 4) + 4 * (lane // 32) + register % 4


@unittest.skipIf(missing() is not None, missing())
class Gfx950(unittest.TestCase):
    def scaled(self, encoding: str, rows: int, bytes_used: tuple[int, int], addend: float = 0) -> None:
        depth = LANES * 32 // rows
        codes = [RANDOM.integers(0, 16, (rows, depth)) for _ in range(2)]
        scales = [RANDOM.integers(124, 131, (rows, depth // 32, 4)) for _ in range(2)]
        lanes = np.arange(LANES)
        registers = [packed(np.stack([one[lane % rows, lane // rows * 32:][:32] for lane in lanes])) for one in codes]
        scale_words = [np.ascontiguousarray(one[lanes % rows, lanes // rows].astype(np.uint8)).view(np.uint32)
                       for one in scales]
        values = [E2M1[one] * np.exp2(scale[:, :, byte] - 127.0).repeat(32, axis=1)
                  for one, scale, byte in zip(codes, scales, bytes_used)]
        expected = values[0] @ values[1].T + addend
        # v48 has the scales of A, v49 those of B.
        inputs = [*registers, np.concatenate(scale_words, axis=1)]
        before = "".join(f"v_mov_b32_e32 v{80 + r}, {addend:.1f}\n" for r in range(4)) + "s_mov_b64 exec, 1\n"
        count = rows * rows // LANES
        got = on_gfx950(encoding, inputs, count, before).view(np.float32)
        for lane in range(LANES):
            for r in range(count):
                self.assertEqual(got[lane, r], np.float32(expected[result_row(rows, lane, r), lane % rows]), (lane, r))

    def test_scaled_products(self) -> None:
        self.scaled("d3ac0000 00026330 d3ad0c40 82024110", 16, (0, 0))
        self.scaled("d3ac0800 10026330 d3ad0c40 85424110", 16, (1, 2), addend=4)
        self.scaled("d3ac1000 08026330 d3ae0c40 82024110", 32, (2, 1))

    def test_a_scale_that_is_no_number(self) -> None:
        codes = packed(np.full((LANES, 32), 2))
        scales = np.full((LANES, 2), 127, np.uint32)
        scales[5, 0] = 255  # row 5 of A, its first 32 elements
        got = on_gfx950("d3ac0000 00026330 d3ad0c40 82024110", [codes, codes, scales], 4).view(np.float32)
        wrong = {(lane, r) for lane in range(LANES) for r in range(4) if np.isnan(got[lane, r])}
        self.assertEqual(wrong, {(lane, r) for lane in range(16, 32) for r in (1,)})
        self.assertEqual(got[0, 0], 128)

    def test_scales_of_eight_bits_are_refused(self) -> None:
        from mlacheck import amd
        for encoding, reason in (("d3ac0000 00026330 d3ad0840 02024110", "scales of operands of eight bits"),
                                 ("d3ad0040 82024110", "operands of two widths")):
            with self.assertRaisesRegex(amd.Fault, reason):
                on_gfx950(encoding, [words(count=8), words(count=8), words(count=2)], 4)

    def test_products_without_scales(self) -> None:
        a, b = RANDOM.integers(0, 0x40, (16, 128)), RANDOM.integers(0, 0x40, (16, 128))
        # Where an element of k lies is the same for A and B, and not seen.
        left, right = (np.ascontiguousarray(np.stack([one[lane % 16, lane // 16 * 32:][:32] for lane in range(LANES)])
                                            .astype(np.uint8)).view(np.uint32) for one in (a, b))
        got = on_gfx950("d3ad0040 02024110", [left, right], 4).view(np.float32)
        expected = (E4M3[a] @ E4M3[b].T).astype(np.float32)
        for lane in range(LANES):
            for r in range(4):
                self.assertEqual(got[lane, r], expected[result_row(16, lane, r), lane % 16])

    def test_deeper_products(self) -> None:
        for word, rows, depth, kind in (("d3b50040", 16, 32, "bf16"), ("d3d40040", 16, 32, "f16"),
                                        ("d3b70040", 32, 16, "bf16"), ("d3d50040", 32, 16, "f16")):
            encoding = f"{word} 02024110"
            a, b = (RANDOM.integers(-8, 9, (rows, depth)).astype(np.float32) for _ in range(2))
            registers = []
            for one in (a, b):
                lanes = np.stack([one[lane % rows, lane // rows * 8:][:8] for lane in range(LANES)])
                bits = (lanes.view(np.uint32) >> 16).astype(np.uint16) if kind == "bf16" else \
                    lanes.astype(np.float16).view(np.uint16)
                registers.append(np.ascontiguousarray(bits).view(np.uint32))
            count = rows * rows // LANES
            got = on_gfx950(encoding, registers, count).view(np.float32)
            for lane in range(LANES):
                for r in range(count):
                    self.assertEqual(got[lane, r], (a @ b.T)[result_row(rows, lane, r), lane % rows], encoding)

    def test_bitwise_functions(self) -> None:
        a, b, c = (words() for _ in range(3))
        x, y, z = a[:, 0], b[:, 0], c[:, 0]
        got = on_gfx950("d2340440 9cc24110", [a, b, c], 1)[:, 0]  # 0xe4: c chooses between a and b
        np.testing.assert_array_equal(got, (x & z) | (y & ~z))
        got = on_gfx950("d2340340 607a4110", [a, b], 1, "s_mov_b32 s30, 0xff00ff0f\n")[:, 0]  # 0x1b: inverted
        s = np.uint32(0xFF00FF0F)
        np.testing.assert_array_equal(got, ~((x & s) | (y & ~s)))
        # Of halves the other one of the target stays: 0xec is b | (a & c).
        got = on_gfx950("d2330540 9cc24110", [a, b, c], 1, "v_mov_b32_e32 v64, 0x12345678\n")[:, 0]
        np.testing.assert_array_equal(got, ((y | (x & z)) & 0xFFFF) | 0x12340000)
        # 0x36: (a | c) ^ b, of the high halves of a and c, the low one of b, to the high half.
        got = on_gfx950("d2336e40 c4c24110", [a, b, c], 1, "v_mov_b32_e32 v64, 0x12345678\n")[:, 0]
        high = ((x >> 16) | (z >> 16)) ^ (y & 0xFFFF)
        np.testing.assert_array_equal(got, high << 16 | 0x5678)

    def test_exchanged_rows(self) -> None:
        a, b = words()[:, 0], words()[:, 0]
        before = "v_mov_b32_e32 v64, v16\nv_mov_b32_e32 v65, v32\n"
        for encoding, row in (("7e80b341", 16), ("7e80b541", 32)):
            got = on_gfx950(encoding, [a[:, None], b[:, None]], 2, before)
            odd = np.arange(LANES) // row % 2 == 1
            np.testing.assert_array_equal(got[:, 0], np.where(odd, np.roll(b, row), a))
            np.testing.assert_array_equal(got[:, 1], np.where(odd, b, np.roll(a, -row)))

    def test_exchange_with_a_disabled_lane_is_refused(self) -> None:
        from mlacheck import amd
        before = "v_mov_b32_e32 v64, v16\nv_mov_b32_e32 v65, v32\ns_mov_b64 exec, 0xffff\n"
        with self.assertRaisesRegex(amd.Fault, "exchanges with a lane that EXEC, 0xffff, disables"):
            on_gfx950("7e80b341", [words(), words()], 2, before)
        # Both of a pair: nothing is exchanged.
        a, b = words(), words()
        got = on_gfx950("7e80b341", [a, b], 2, before.replace("0xffff", "0"))
        np.testing.assert_array_equal(got, np.concatenate([a, b], axis=1))

    def test_rounding_to_bfloat16(self) -> None:
        a, b = words(), words()
        edges = [0x3F808000, 0x3F818000, 0x3F808001, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0xFFC12345, 0x00008000,
                 0x80018000]
        a[:len(edges), 0] = edges
        got = on_gfx950("d2680040 00024110", [a, b], 1)[:, 0]

        def rounded(bits: Array) -> Array:
            wide = bits.astype(np.uint64)
            nearest = (wide + 0x7FFF + (wide >> 16 & 1)) >> 16
            return np.where((wide & 0x7FFFFFFF) > 0x7F800000, wide >> 16 | 0x40, nearest).astype(np.uint32)

        np.testing.assert_array_equal(got, rounded(a[:, 0]) | rounded(b[:, 0]) << 16)

    def test_rounding_to_half(self) -> None:
        a, b = words(), words(0x38000000, 0x47000000)
        a[:5, 0] = 0x3F801000, 0x3F803000, 0x477FF000, 0x33000001, 0x33000000
        got = np.ascontiguousarray(on_gfx950("d2670040 00024110", [a, b], 1)).view(np.float16)
        with np.errstate(all="ignore"):
            expected = np.concatenate([a, b], axis=1).view(np.float32).astype(np.float16)
        np.testing.assert_array_equal(got, expected)

    def test_scaled_pairs(self) -> None:
        a = words()
        scales = RANDOM.integers(100, 150, (LANES, 1)).astype(np.uint32)
        scales[:2, 0] = 255, 0
        for encoding, byte in (("d2510040 00024110", 0), ("d2511840 00024110", 3)):
            got = on_gfx950(encoding, [a, scales << 23 | 0x1234], 1)[:, 0]
            codes = a[:, 0] >> (8 * byte)
            factor = np.where(scales[:, 0] == 255, np.nan, np.exp2(scales[:, 0].astype(float) - 127))
            for shift, half in ((0, got << 16), (4, got & 0xFFFF0000)):
                expected = (E2M1[codes >> shift & 15] * factor).astype(np.float32)
                np.testing.assert_array_equal(half.astype(np.uint32).view(np.float32), expected)

    def test_transposing_loads(self) -> None:
        # ds_read_b64_tr_b8 v[64:65], v2 offset:8, of what the lanes have written in order.
        data = words(count=2)
        before = ("v_lshlrev_b32_e32 v2, 3, v0\nds_write_b64 v2, v[16:17] offset:8\ns_waitcnt lgkmcnt(0)\n"
                  "s_barrier\n")
        code = before + ".long 0xd9c40008\n.long 0x40000002\ns_waitcnt lgkmcnt(0)\n"
        got = run(code, [data], 2, 1024, "gfx950")
        # 16 lanes have 8 rows of 16 bytes, and each gets a column.
        rows = np.ascontiguousarray(data).view(np.uint8).reshape(LANES // 16, 8, 16)
        expected = np.ascontiguousarray(rows.transpose(0, 2, 1)).reshape(LANES, 8).view(np.uint32)
        np.testing.assert_array_equal(got, expected)

    def test_local_memory_of_a_block(self) -> None:
        from mlacheck import amd
        a = words()
        for target, lds, most in (("gfx950", 163840, 163840), ("gfx950", 163844, 163840), ("gfx942", 65540, 65536)):
            if lds <= most:
                np.testing.assert_array_equal(run("v_mov_b32_e32 v64, v16\n", [a], 1, lds, target), a)
                continue
            with self.assertRaisesRegex(amd.Fault, f"block with {lds} bytes of LDS: expected at most {most}"):
                run("v_mov_b32_e32 v64, v16\n", [a], 1, lds, target)

    def test_eight_bits_are_those_of_ocp(self) -> None:
        codes = np.arange(256, dtype=np.uint32).reshape(4, LANES).T
        for mnemonic, values in (("fp8", E4M3), ("bf8", E5M2)):
            for column in range(4):
                got = run(f"v_cvt_f32_{mnemonic}_e32 v64, v16\n", [codes[:, [column]]], 1, target="gfx950")
                np.testing.assert_array_equal(got.view(np.float32)[:, 0], values[codes[:, column]].astype(np.float32))
        numbers = np.zeros((LANES, 1), np.float32)
        numbers[:8, 0] = 1.0625, 1.1875, 448, 464, 465, -0.0, 2.0**-10, -3 * 2.0**-10
        got = run("v_cvt_pk_fp8_f32 v64, v16, v16\n", [numbers.view(np.uint32)], 1, target="gfx950")[:8, 0] & 0xFF
        np.testing.assert_array_equal(got, [0x38, 0x3A, 0x7E, 0x7E, 0x7F, 0x80, 0x00, 0x82])
        numbers[:4, 0] = 61440, 57344, 61439, -np.inf
        got = run("v_cvt_pk_bf8_f32 v64, v16, v16\n", [numbers.view(np.uint32)], 1, target="gfx950")[:4, 0] & 0xFF
        np.testing.assert_array_equal(got, [0x7C, 0x7B, 0x7B, 0xFC])


@unittest.skipIf(missing() is not None, missing())
class Gfx90a(unittest.TestCase):
    def test_subnormal_numbers_of_16_bits_are_zero(self) -> None:
        # Halves: the largest subnormal and the smallest normal number, times 1.
        for half, expected in ((0x03FF, 0.0), (0x0400, 16 * 2.0**-14), (0x83FF, 0.0)):
            a = np.full((LANES, 2), half << 16 | half, np.uint32)
            b = np.full((LANES, 2), 0x3C003C00, np.uint32)
            code = "v_mfma_f32_16x16x16_f16 v[64:67], v[16:17], v[32:33], 0\ns_nop 15\n"
            got = run(code.replace("16_f16", "16f16"), [a, b], 4, target="gfx90a").view(np.float32)
            np.testing.assert_array_equal(got, np.float32(expected))
            kept = run(code, [a, b], 4, target="gfx942").view(np.float32)
            self.assertEqual(kept[0, 0], 16 * np.array(half, np.uint16).view(np.float16).astype(np.float32))
        # A sum that is subnormal in fp32 is zero, too; that of products of fp32 is not.
        tiny = np.full((LANES, 1), 0x00400000, np.uint32)
        zeros = np.zeros((LANES, 2), np.uint32)
        code = "v_mov_b32_e32 v64, v48\nv_mov_b32_e32 v65, v48\nv_mov_b32_e32 v66, v48\nv_mov_b32_e32 v67, v48\n"
        got = run(code + "v_mfma_f32_16x16x16bf16_1k v[64:67], v[16:17], v[32:33], v[64:67]\ns_nop 15\n",
                  [zeros, zeros, tiny], 4, target="gfx90a")
        np.testing.assert_array_equal(got, 0)
        got = run(code + "v_mfma_f32_16x16x4f32 v[64:67], v16, v32, v[64:67]\ns_nop 15\n",
                  [zeros, zeros, tiny], 4, target="gfx90a")
        np.testing.assert_array_equal(got, 0x00400000)


@unittest.skipIf(missing() is not None, missing())
class Gfx942(unittest.TestCase):
    """Forms of gfx942 that the same kernels brought."""

    def test_sums_that_end_at_the_range(self) -> None:
        a, b = words(), words()
        x, y = a[:, 0].astype(np.int64), b[:, 0].astype(np.int64)
        for mnemonic, exact in (("v_sub_u32", x - y), ("v_subrev_u32", y - x), ("v_add_u32", x + y)):
            got = run(f"{mnemonic}_e64 v64, v16, v32 clamp\n", [a, b], 1)[:, 0]
            np.testing.assert_array_equal(got, np.clip(exact, 0, 2**32 - 1).astype(np.uint32))

    def test_a_whole_number_among_pairs(self) -> None:
        a = words()
        got = run("v_pk_add_u16 v64, v16, -1\nv_pk_lshrrev_b16 v65, 1, v16 op_sel_hi:[0,1]\n", [a], 2)
        halves = a[:, 0].view(np.uint16).reshape(LANES, 2)
        less, shifted = (np.ascontiguousarray(got[:, [i]]).view(np.uint16) for i in range(2))
        np.testing.assert_array_equal(less, halves - np.uint16(1))
        np.testing.assert_array_equal(shifted, halves >> 1)

    def test_largest_half(self) -> None:
        code = "v_mov_b32_e32 v64, 0x12345678\nv_max3_f16 v64, v16, v17, v18\n"
        halves = RANDOM.standard_normal((LANES, 3)).astype(np.float16)
        got = run(code, [halves.view(np.uint16).astype(np.uint32)], 1)[:, 0]
        expected = halves.max(axis=1).view(np.uint16).astype(np.uint32)
        np.testing.assert_array_equal(got, expected | 0x12340000)

    def test_products_of_floats(self) -> None:
        a, b = (RANDOM.integers(-8, 9, (16, 4)).astype(np.float32) for _ in range(2))
        lanes = np.arange(LANES)
        inputs = [np.ascontiguousarray(one[lanes % 16, lanes // 16][:, None]).view(np.uint32) for one in (a, b)]
        got = run("v_mfma_f32_16x16x4_f32 v[64:67], v16, v32, 0\ns_nop 15\n", inputs, 4).view(np.float32)
        for lane in range(LANES):
            for r in range(4):
                self.assertEqual(got[lane, r], (a @ b.T)[4 * (lane // 16) + r, lane % 16])


if __name__ == "__main__":
    unittest.main()
