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
