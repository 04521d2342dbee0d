"""The program under test, for the tests of this folder: `X_test.py PROGRAM SOURCE_FOLDER`."""

import subprocess
import sys
import unittest
from pathlib import Path

WIDTH = 80


class Program:
    path = ""
    source = Path()


def run(*arguments: str, **options: object) -> "subprocess.CompletedProcess[str]":
    """Runs the program; output is captured unless `options` say where it goes."""
    where: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    where.update(options)
    return subprocess.run([Program.path, *arguments], text=True, errors="replace", timeout=300,
                          check=False, **where)  # type: ignore[call-overload, no-any-return]


class ProgramTest(unittest.TestCase):
    def refused(self, *arguments: str, status: int = 2) -> str:
        """What standard error says, which must be one printable line; nothing is reported."""
        result = run(*arguments)
        self.assertEqual(result.returncode, status, (arguments, result.stdout, result.stderr))
        self.assertEqual(result.stdout, "", arguments)
        self.assertEqual(len(result.stderr.splitlines()), 1, (arguments, result.stderr))
        self.assertTrue(result.stderr.strip().isprintable(), (arguments, result.stderr))
        self.assertTrue(result.stderr.startswith("mlacheck: "), (arguments, result.stderr))
        return result.stderr

    def passed(self, *arguments: str) -> str:
        result = run(*arguments)
        self.assertEqual(result.returncode, 0, (arguments, result.stdout, result.stderr))
        return result.stdout

    def assert_fits(self, text: str, place: str) -> None:
        lines = text.splitlines()
        self.assertGreater(len(lines), 0, place)
        for line in lines:
            self.assertLessEqual(len(line), WIDTH, (place, line))


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PROGRAM SOURCE_FOLDER [unittest options]")
    Program.path = sys.argv.pop(1)
    Program.source = Path(sys.argv.pop(1))
    unittest.main(module="__main__")
