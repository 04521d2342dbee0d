"""Runs the mlacheck program on Python subjects, with the interpreter that the build tests them with."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, NoReturn

PLAIN = "merge_states(T=2,H=3,V=2,has_lse_out=1)"
SEVEN = "merge_states(T=2,H=7,V=2)"

SKIPPED = 77  # the exit code that says so to ctest: where all tests were

SUBJECTS = Path(__file__).parent / "subjects"
PACKAGE = Path(__file__).parents[2] / "python"

Row = dict[str, Any]
Done = subprocess.CompletedProcess[str]


def unwrapped(text: str) -> str:
    """Lines of a report that go on in the next one are put together."""
    return re.sub(r"\n {9,}", " ", text)


def rows_of(report: Path) -> dict[str, Row]:
    """The rows of a sweep's --json by variant."""
    return {row["variant"]: row for row in json.loads(report.read_text(encoding="utf-8"))["rows"]}


class PythonSubjects(unittest.TestCase):
    """A test with the program and the interpreter from the command line."""

    program = ""
    python = ""

    def run_program(self, *arguments: str, timeout: float = 280, **more: Any) -> Done:
        return subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              timeout=timeout, check=False, **more)

    def replay(self, path: object, variant: str, *arguments: str) -> Done:
        return self.run_program("replay", "--python", self.python, "--subject", str(path), "--variant",
                                variant, *arguments)

    def sweep(self, path: object, *arguments: str) -> tuple[Done, dict[str, Row]]:
        """What the sweep printed, and the rows of its report by variant."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            done = self.run_program("sweep", "--python", self.python, "--subject", str(path), "--json",
                                    str(report), "--seed", "4", *arguments)
            self.assertTrue(report.read_text(encoding="utf-8"), done.stderr)
            return done, rows_of(report)

    def refused(self, *arguments: str, **more: Any) -> str:
        """Exit code 2 and one line, which is returned."""
        done = self.run_program(*arguments, **more)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("mlacheck: "), done.stderr)
        return done.stderr

    def has_module(self, name: str) -> bool:
        return subprocess.run([self.python, "-c", f"import {name}"], capture_output=True,
                              check=False).returncode == 0


def main() -> NoReturn:
    PythonSubjects.program, PythonSubjects.python = str(Path(sys.argv[1]).resolve()), sys.argv[2]
    result = unittest.main(module="__main__", argv=sys.argv[:1] + sys.argv[3:], exit=False).result
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
