"""--piece with Python: `pieces_test.py PROGRAM PYTHON`."""

import json
import tempfile
from pathlib import Path
from typing import Any

from support import PythonSubjects, main, unwrapped

SUFFIX_ALONE = """
import mlacheck


@mlacheck.subject("merge_states", agreement="within_bound", domain="dtype=f32")
def suffix_alone(suffix_out, suffix_lse, out, lse_out=None):
    out[:] = suffix_out
    if lse_out is not None:
        lse_out[:] = suffix_lse
"""

# The plain output projection, and one that leaves out the last column of values.
PROJECTIONS = """
import mlacheck
import numpy as np


def projection(x, w):
    return np.einsum("thl,hlv->thv", x.astype(np.float32), w.astype(np.float32))


@mlacheck.subject("strided_bmm", agreement="within_bound", domain="dtype=f16 finite_values")
def whole(x, w, out):
    assert np.isfinite(x).all(), "an infinite value"
    out[...] = projection(x, w)


@mlacheck.subject("strided_bmm", agreement="within_bound", domain="dtype=f16 finite_values")
def short(x, w, out):
    out[...] = projection(x[..., :-1], w[:, :-1])
"""

# Quantizers that find scales by a rule of their own.
DIVIDES = """
import mlacheck


@mlacheck.subject("flatten_quant", numerics=mlacheck.numerics(scale_rule="division"))
def divides(x, codes, scales):
    raise mlacheck.Unsupported("not today")


@mlacheck.subject("quantized_bmm", numerics=mlacheck.numerics(scale_rule="division"))
def multiplies(x, w, out):
    raise mlacheck.Unsupported("not today")
"""

MXFP4 = Path(__file__).parents[2] / "examples/python/numpy/mxfp4_output.py"


class Pieces(PythonSubjects):
    def sweep_piece(self, op: str, piece: str, variant: str, status: int) -> tuple[str, dict[str, Any]]:
        """What the sweep printed, and its only row."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            done = self.run_program("sweep", "--op", op, "--python", self.python, "--piece", piece, "--variant",
                                    variant, "--cases", "60", "--seed", "1", "--json", str(report))
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
        self.assertEqual(len(rows), 1)
        return done.stdout, rows[0]

    def replay_output(self, case: str, piece: str, variant: str, status: int) -> str:
        done = self.run_program("replay", f"output_step({case})", "--python", self.python, "--piece", piece,
                                "--variant", variant)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return " ".join(unwrapped(done.stdout).split())

    def test_steps_of_the_quantized_layer(self) -> None:
        shared = "projection=mxfp4,T=3,H=2,V=96,hidden=5,values=normal,seed=1"
        for case, step, right, wrong, operand in (
                (shared, "flatten_quant", "flatten_fused", "flatten_as_first_merged", "codes"),
                (shared.replace("mxfp4", "fp8") + ",blocks=3,dtype=f16", "quantized_bmm", "product_into_view",
                 "product_as_first_merged", "values")):
            with self.subTest(step=step):
                self.replay_output(case, f"{step}={MXFP4}", f"optimised+{step}:{right}", 0)
                text = self.replay_output(case, f"{step}={MXFP4}", f"optimised+{step}:{wrong}", 1)
                self.assertRegex(text, rf"K(1|14) {operand}: ")

    def test_the_plain_output_projection(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_text(PROJECTIONS, encoding="utf-8")
            case = "T=3,H=2,V=96,blocks=5,hidden=5,dtype=f16,values=normal,seed=1"
            self.replay_output(case, f"strided_bmm={path}", "optimised+strided_bmm:whole", 0)
            text = self.replay_output(case, f"strided_bmm={path}", "optimised+strided_bmm:short", 1)
            self.assertRegex(text, "K1 out: ")
            # The values of the first product may be infinite in f16, which the piece does not take.
            case = case.replace("normal", "one_signed")
            text = self.replay_output(case, f"strided_bmm={path}", "optimised+strided_bmm:whole", 77)
            self.assertIn("outside the domain: values=", text)

    def test_a_scale_rule_is_that_of_the_piece_alone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_text(DIVIDES, encoding="utf-8")
            text = self.replay_output("product=fp8,projection=fp8", f"flatten_quant={path}",
                                      "optimised+flatten_quant:divides", 77)
            self.assertIn("outside the domain: product!=fp8", text)
            text = self.replay_output("product=fp8,projection=fp8", f"quantized_bmm={path}",
                                      "optimised+quantized_bmm:multiplies", 77)
            self.assertIn("outside the domain: projection!=fp8,fp8_transposed", text)

    def test_the_product_of_the_first_example_in_a_decode_step(self) -> None:
        product = Path(__file__).parents[2] / "examples/python/product.py"
        text, row = self.sweep_piece("decode_step", f"strided_bmm={product}", "optimised+strided_bmm:product", 0)
        self.assertGreater(row["counts"]["PASSED"], 20)
        self.assertEqual(set(row["counts"]) - {"PASSED", "SKIPPED"}, set())

    def test_a_wrong_merge_is_found_named_and_found_again(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_text(SUFFIX_ALONE, encoding="utf-8")
            piece, variant = f"merge_states={path}", "swapped+merge_states:suffix_alone"
            text, _ = self.sweep_piece("prefill_context", piece, variant, 1)
            self.assertIn(f"FAILED  prefill_context, variant {variant} on cpu.w32", unwrapped(text))
            self.assertIn("foreign what follows '+' in the variant", " ".join(text.split()))
            self.assertIn(f"--python {self.python} --piece {piece}", " ".join(text.split()))
            done = self.run_program("replay", "prefill_context(requests=[1:1],values=normal)", "--python", self.python,
                                    "--piece", piece, "--variant", variant)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
