"""--piece: `pieces_test.py PROGRAM FOLDER`, whose FOLDER has the libraries of pieces.cpp."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

PROGRAM = ""
LIBRARY = ""
UNFIT = ""

def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, timeout=250, check=False)


class Pieces(unittest.TestCase):
    def sweep(self, op: str, piece: str, variant: str, *more: str, status: int = 0) -> tuple[str, dict[str, Any]]:
        """What is printed, and the only row of the report."""
        with tempfile.TemporaryDirectory() as folder:
            report = str(Path(folder) / "report.json")
            done = run("sweep", "--op", op, "--piece", piece, "--variant", variant, "--cases", "60", "--seed", "1",
                       "--json", report, *more)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            rows = json.loads(Path(report).read_text(encoding="utf-8"))["rows"]
        self.assertEqual([row["variant"] for row in rows], [variant])
        return done.stdout, rows[0]

    def refused(self, *arguments: str) -> str:
        done = run("sweep", "--cases", "1", *arguments)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_right_pieces_pass_in_every_layer(self) -> None:
        for op, step, bundled in (("decode_step", "mla_decode", "optimised"), ("decode_step", "strided_bmm", "plain"),
                                  ("prefill_context", "merge_states", "swapped"),
                                  ("chunked_context", "merge_states", "fresh")):
            with self.subTest(op=op, step=step):
                _, row = self.sweep(op, f"{step}={LIBRARY}", f"{bundled}+{step}:right")
                self.assertGreater(row["counts"]["PASSED"], 12)
                self.assertEqual(set(row["counts"]) - {"PASSED", "SKIPPED"}, set())

    def test_a_wrong_piece_is_found_and_named(self) -> None:
        for op, step, piece, bundled in (("prefill_context", "merge_states", "counts_twice", "fresh"),
                                         ("chunked_context", "merge_states", "counts_twice", "swapped"),
                                         ("decode_step", "strided_bmm", "first_head", "optimised")):
            with self.subTest(op=op):
                text, _ = self.sweep(op, f"{step}={LIBRARY}", f"{bundled}+{step}:{piece}", status=1)
                plain = " ".join(text.split())
                self.assertIn(f"FAILED {op}, variant {bundled}+{step}:{piece} on cpu.w32", plain)
                self.assertIn("foreign what follows '+' in the variant", plain)
                self.assertIn(f"--piece {step}={LIBRARY}", plain)

    def test_the_replay_command_fails_in_the_same_way(self) -> None:
        piece = ["--piece", f"strided_bmm={LIBRARY}", "--variant", "optimised+strided_bmm:first_head"]
        done = run("replay", "decode_step(requests=[1:2],H=2,values=normal)", *piece)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("K1", done.stdout)

    def test_what_a_piece_declines_is_skipped_with_its_words(self) -> None:
        done = run("replay", "prefill_context(dtype=bf16,requests=[2:3])", "--piece", f"merge_states={LIBRARY}",
                   "--variant", "fresh+merge_states:right")
        self.assertEqual(done.returncode, 77, done.stdout + done.stderr)
        self.assertIn("piece merge_states (variant right", " ".join(done.stdout.split()))
        self.assertIn("only fp32", " ".join(done.stdout.split()))

    def test_a_domain_of_the_step_is_one_of_the_layer(self) -> None:
        text, _ = self.sweep("decode_step", f"strided_bmm={LIBRARY}", "optimised+strided_bmm:right")
        self.assertIn("dtype=f32 nope<=64 latent<=64", " ".join(text.split()))

    def test_a_domain_that_no_layer_can_keep_to_is_refused(self) -> None:
        said = self.refused("--op", "prefill_context", "--piece", f"merge_states={UNFIT}")
        self.assertIn("variant 'wants_dense': domain term 'layout=dense'", said)

    def test_two_pieces_at_once(self) -> None:
        variant = "optimised+strided_bmm:right+mla_decode:right"
        _, row = self.sweep("decode_step", f"strided_bmm={LIBRARY}", variant, "--piece", f"mla_decode={LIBRARY}")
        self.assertGreater(row["counts"]["PASSED"], 12)

    def test_what_is_no_piece_is_refused_by_name(self) -> None:
        for text, words in (("merge_states", "expected OP=SUBJECT"), ("=x", "expected OP=SUBJECT"),
                            ("flatten_quant=x.so", "'flatten_quant' is a step of no layer"),
                            ("merge_states=missing.so", "No such file"),
                            (f"decode_expansion={LIBRARY}", "has no subject of decode_expansion, but of merge_states")):
            with self.subTest(text=text):
                self.assertIn(words, self.refused("--piece", text))
        twice = self.refused("--piece", f"merge_states={LIBRARY}", "--piece", f"merge_states={UNFIT}")
        self.assertIn("merge_states is taken by", twice)
        apart = self.refused("--piece", f"merge_states={LIBRARY}", "--piece", f"mla_decode={LIBRARY}")
        self.assertIn("no layer has merge_states and mla_decode", apart)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    folder = Path(sys.argv.pop(1))
    LIBRARY, UNFIT = str(folder / "pieces.so"), str(folder / "pieces_unfit.so")
    unittest.main()
