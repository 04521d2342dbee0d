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

# Every projection; a padded row, no token, no head.
OUTPUT_CASES = """
output_step(projection={plain,mxfp4,fp8,fp8_transposed},T=3,H=2,V=64,blocks=2,hidden=5,group=16,values=normal,seed=1)
output_step(projection={plain,mxfp4},T=2,H=3,V=32,blocks=2,hidden=4,values={grid,zero_rows},values.gap=3,seed=1)
output_step(projection={plain,mxfp4},T=0,H=2,V=32,hidden=4,seed=1)
output_step(projection={plain,mxfp4},T=2,H=0,V=32,hidden=4,seed=1)
"""

def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, timeout=250, check=False)


class Pieces(unittest.TestCase):
    def sweep(self, op: str, piece: str, variant: str, *more: str, status: int = 0,
              cases: str = "") -> tuple[str, dict[str, Any]]:
        """What is printed, and the only row of the report. Of these cases, or of drawn ones."""
        with tempfile.TemporaryDirectory() as folder:
            report = str(Path(folder) / "report.json")
            chosen = ["--op", op, "--cases", "60", "--seed", "1"]
            if cases:
                file = Path(folder) / "of.cases"
                file.write_text(cases, encoding="utf-8")
                chosen = ["--cases-file", str(file)]
            done = run("sweep", *chosen, "--piece", piece, "--variant", variant, "--json", report, *more)
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

    def test_right_pieces_pass_in_the_quantized_layer(self) -> None:
        finite = "values=grid,one_hot,zero_rows,normal"
        values = f"dtype=bf16 {finite}"
        for step, piece, bundled, domain in (
                ("quantized_bmm", "right", "plain",
                 f"{values},one_signed product!=fp8 {finite}"),
                ("flatten_quant", "right", "optimised",
                 f"projection!=plain {values} projection!=fp8 projection!=fp8_transposed"),
                ("strided_bmm", "bf16", "optimised", f"projection=plain {values}")):
            with self.subTest(step=step):
                text, row = self.sweep("output_step", f"{step}={LIBRARY}", f"{bundled}+{step}:{piece}",
                                       cases=OUTPUT_CASES)
                self.assertGreater(row["counts"]["PASSED"], 7)
                self.assertEqual(set(row["counts"]) - {"PASSED"}, set())
                self.assertIn(f"domain: {domain}", " ".join(text.split()))

    def test_a_wrong_piece_is_found_in_the_quantized_layer(self) -> None:
        for step, piece, operand in (("quantized_bmm", "first_scale", "values"),
                                     ("flatten_quant", "high_first", "codes"), ("strided_bmm", "bf16_short", "out")):
            with self.subTest(step=step):
                text, _ = self.sweep("output_step", f"{step}={LIBRARY}", f"optimised+{step}:{piece}", status=1,
                                     cases=OUTPUT_CASES)
                self.assertRegex(" ".join(text.split()), rf"K(1|11|14) {operand}: ")

    def test_a_wrong_projection_of_codes_is_found_there(self) -> None:
        """The up-projection has one block, for which the piece is right."""
        piece = ["--piece", f"quantized_bmm={LIBRARY}", "--variant", "optimised+quantized_bmm:first_scale"]
        done = run("replay", "output_step(projection=mxfp4,T=2,H=2,V=32,hidden=3,values=normal,seed=1)", *piece)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"K(1|14) +out: ")
        self.assertNotRegex(done.stdout, r"K(1|14) +values: ")

    def test_a_piece_that_one_layer_cannot_take_is_skipped_there_with_the_reason(self) -> None:
        done = run("replay", "output_step(values=normal)", "--piece", f"strided_bmm={LIBRARY}", "--variant",
                   "optimised+strided_bmm:right")
        self.assertEqual(done.returncode, 77, done.stdout + done.stderr)
        self.assertIn("domain term 'dtype=f32': the layer has dtype=bf16,f16 only", " ".join(done.stdout.split()))

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
        # One works in bf16, the other in fp32.
        done = run("replay", "decode_step(requests=[1:2])", "--piece", f"strided_bmm={LIBRARY}", "--piece",
                   f"mla_decode={LIBRARY}", "--variant", "plain+strided_bmm:bf16+mla_decode:right")
        self.assertEqual(done.returncode, 77, done.stdout + done.stderr)
        self.assertIn("--piece 'strided_bmm=", done.stdout)

    def test_what_is_no_piece_is_refused_by_name(self) -> None:
        for text, words in (("merge_states", "expected OP=SUBJECT"), ("=x", "expected OP=SUBJECT"),
                            ("output_step=x.so", "'output_step' is a step of no layer"),
                            ("merge_states=missing.so", "--piece 'merge_states=missing.so': cannot be loaded"),
                            ("merge_states=missing.py", "--piece 'merge_states=missing.py': no such file"),
                            (f"decode_expansion={LIBRARY}", "has no subject of decode_expansion, but of merge_states")):
            with self.subTest(text=text):
                self.assertIn(words, self.refused("--piece", text))
        alone = self.refused("--piece", "merge_states=missing.so", "--in-process")
        self.assertIn("--piece 'merge_states=missing.so': cannot be loaded", alone)
        twice = self.refused("--piece", f"merge_states={LIBRARY}", "--piece", f"merge_states={UNFIT}")
        self.assertIn("merge_states is taken by", twice)
        apart = self.refused("--piece", f"merge_states={LIBRARY}", "--piece", f"mla_decode={LIBRARY}")
        self.assertIn("no layer has merge_states and mla_decode", apart)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    folder = Path(sys.argv.pop(1))
    LIBRARY, UNFIT = str(folder / "pieces.so"), str(folder / "pieces_unfit.so")
    unittest.main()
