"""Runs the mlacheck program on hostile libraries, and looks at what it leaves behind."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

PLAIN = "merge_states(T=2,H=3,V=2)"
SEVEN = "merge_states(T=2,H=7,V=2)"  # where some subjects are wrong, or die

Row = dict[str, Any]


class Hostile(unittest.TestCase):
    """A test with the program and the folder of the libraries from the command line."""

    program = ""
    folder = ""

    def run_program(self, *arguments: str, timeout: float = 120
                    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              timeout=timeout, check=False)

    def library(self, name: str) -> str:
        return f"{self.folder}/{name}.so"

    def replay(self, library: str, variant: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run_program("replay", "--subject", self.library(library), "--variant", variant,
                                *arguments)

    def sweep(self, library: str, *arguments: str
              ) -> tuple[subprocess.CompletedProcess[str], dict[str, Row]]:
        """What the sweep printed, and the rows of its report by variant."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            done = self.run_program("sweep", "--subject", self.library(library), "--json",
                                    str(report), "--seed", "4", *arguments)
            rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
            return done, {row["variant"]: row for row in rows}

    def refused(self, *arguments: str) -> str:
        """Exit code 2 and one line, which is returned."""
        done = self.run_program(*arguments, timeout=60)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("mlacheck: "), done.stderr)
        return done.stderr


def unwrapped(text: str) -> str:
    """Lines of a report that go on in the next one are put together."""
    return re.sub(r"\n {9,}", " ", text)


def processes_with(mark: str) -> list[int]:
    """Those that have `mark` among their arguments."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in arguments:
            found.append(int(folder.name))
    return found


def main() -> None:
    Hostile.program, Hostile.folder = sys.argv[1:3]
    unittest.main(module="__main__", argv=sys.argv[:1] + sys.argv[3:])
