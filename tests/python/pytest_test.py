"""The pytest plug-in: what a test module imports is a test, with the report of the sweep.

    python3 tests/python/pytest_test.py build/cpu/mlacheck PYTHON
"""

import os
import subprocess
import tempfile
from pathlib import Path

from support import PACKAGE, SUBJECTS, Done, PythonSubjects, main

MODULE = """
from good import elsewhere, merge
from wrong import sweepable

def test_another():
    assert merge
"""


class Pytest(PythonSubjects):
    def setUp(self) -> None:
        if not self.has_module("pytest"):
            self.skipTest(f"{self.python} has no pytest: ci/setup python installs it")

    def run_pytest(self, folder: str, *arguments: str) -> Done:
        return subprocess.run(
            [self.python, "-m", "pytest", "-p", "mlacheck.pytest_plugin", "-p", "no:cacheprovider", "-rs", "-v",
             *arguments], capture_output=True, text=True, check=False, timeout=280, cwd=folder,
            env={**os.environ, "MLACHECK": self.program,
                 "PYTHONPATH": f"{PACKAGE}:{SUBJECTS}:{os.environ.get('PYTHONPATH', '')}"})

    def test_subjects_are_tests(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "test_mine.py").write_text(MODULE, encoding="utf-8")
            done = self.run_pytest(folder, "--mlacheck-cases", "20")
        text = done.stdout
        self.assertEqual(done.returncode, 1, text + done.stderr)
        self.assertRegex(text, r"merge::merge_states-merge-cpu PASSED")
        self.assertRegex(text, r"sweepable::merge_states-sweepable-cpu FAILED")
        self.assertRegex(text, r"elsewhere::merge_states-elsewhere-cpu SKIPPED")
        self.assertIn("no such machine", text)
        self.assertIn("FAILED  merge_states, variant sweepable on cpu.w32", text)
        self.assertIn("1 failed, 2 passed, 1 skipped", text)

    def test_the_marker_chooses(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "test_mine.py").write_text(MODULE, encoding="utf-8")
            done = self.run_pytest(folder, "-m", "not mlacheck", "--strict-markers")
        self.assertIn("1 passed, 3 deselected", done.stdout, done.stderr)


if __name__ == "__main__":
    main()
