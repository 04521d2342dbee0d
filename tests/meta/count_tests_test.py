"""ci/count_tests.py: what it says of ctest's JUnit files, and its exit code."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "ci/count_tests.py"
PASSED = '<testcase name="good" time="1" status="run"/>'
SKIPPED = '<testcase name="absent" time="0" status="notrun"><skipped message="no device"/></testcase>'
FAILED = ('<testcase name="bad" time="300.2" status="fail"><failure message="Timeout"/>'
          "<system-out>first\n\nlast\n</system-out></testcase>")


def counted(*cases: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit-asan.xml"
        report.write_text(f"<testsuite>{''.join(cases)}</testsuite>", encoding="utf-8")
        return subprocess.run([sys.executable, "-B", SCRIPT, report], capture_output=True, text=True, check=False)


class CountTests(unittest.TestCase):
    def test_all_passed(self) -> None:
        answer = counted(PASSED, SKIPPED)
        self.assertEqual(answer.stdout, "tests: 1 run, 1 passed, 0 failed, 1 skipped\n")
        self.assertEqual(answer.returncode, 0)

    def test_a_failure_is_named_and_its_output_shown(self) -> None:
        answer = counted(PASSED, FAILED)
        self.assertEqual(answer.stdout.splitlines(),
                         ["--- asan: bad: its last lines", "first", "last", "failed: asan: bad (Timeout, 300 s)",
                          "tests: 2 run, 1 passed, 1 failed, 0 skipped"])
        self.assertEqual(answer.returncode, 1)

    def test_nothing_run_is_no_success(self) -> None:
        self.assertEqual(counted(SKIPPED).returncode, 1)


if __name__ == "__main__":
    unittest.main()
