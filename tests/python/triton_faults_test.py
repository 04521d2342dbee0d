"""Faults planted in a copy of the Triton kernel of examples/python/amd: compiled for gfx942 and interpreted, each is
found, and the kernel as it stands is not.

    python3 tests/python/triton_faults_test.py build/cpu/mlacheck PYTHON
"""

import os
import tempfile
from pathlib import Path

import support
from support import PACKAGE, PythonSubjects

SOURCE = Path(__file__).parents[2] / "examples/python/amd/uniform_expansion.py"
VARIANT = "uniform_gfx942"

# What is done wrong: what the kernel has, and what it has then.
FAULTS = {
    "the last token sees one key too few": ("(row % n).to(tl.int32) + 1", "(row % n).to(tl.int32)"),
    "lengths count the tokens of a wider request": ("length = tl.load(seq_lens + request) - n",
                                                    "length = tl.load(seq_lens + request) - n - 1"),
    "a request has one token more": ("request = row // n", "request = row // (n + 1)"),
    "places within a request from the end": ("(row % n)", "(n - 1 - row % n)"),
    "lengths of padded requests become negative": ("if clamp != 0:", "if clamp > 1:"),
    "lengths end at one": ("tl.maximum(length, 0)", "tl.maximum(length, 1)"),
    "padding rows have a length": ("tl.store(new_seq_lens + row, 0)", "tl.store(new_seq_lens + row, 1)"),
    "padding rows keep their table": ("tl.store(new_table + row * result_row, 0, mask=width > 0)", "pass"),
    "the first padding row is none": ("if row >= rows:", "if row > rows:"),
    "a table without columns is written": (", 0, mask=width > 0)", ", 0)"),
    "one column too many is written": ("column, pages, mask=column < width)", "column, pages, mask=column <= width)"),
    "the last column is missing": ("column, pages, mask=column < width)", "column, pages, mask=column < width - 1)"),
    "only the first block of columns": ("range(0, width, BLOCK)", "range(0, BLOCK, BLOCK)"),
    "rows of the result are dense": ("new_table + row * result_row + column", "new_table + row * width + column"),
    "rows of the table are dense": ("table + request * table_row", "table + request * width"),
    "rows of the table have 32-bit offsets": ("request * table_row + column",
                                              "(request.to(tl.int32) * table_row.to(tl.int32)) + column"),
}


class TritonFaults(PythonSubjects):
    def verdict_of(self, text: str) -> str:
        """Of the required cases and a few more."""
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])}
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "kernel.py"
            copy.write_text(text, encoding="utf-8")
            report = Path(folder) / "report.json"
            done = self.run_program("sweep", "--python", self.python, "--subject", str(copy), "--variant", VARIANT,
                                    "--cases", "60", "--seed", "4", "--json", str(report), env=environment)
            row = support.rows_of(report)[VARIANT]
            if row["verdict"] == "SKIPPED":
                self.skipTest(str(row["unavailable"]))
            self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
            return str(row["verdict"])

    def test_each_fault_is_found_and_the_sound_kernel_is_not(self) -> None:
        sound = SOURCE.read_text(encoding="utf-8")
        self.assertEqual(self.verdict_of(sound), "PASSED")
        for fault, (right, wrong) in FAULTS.items():
            with self.subTest(fault=fault):
                self.assertEqual(sound.count(right), 1, right)
                self.assertEqual(self.verdict_of(sound.replace(right, wrong)), "FAILED")


if __name__ == "__main__":
    support.main()
