"""The first signal ends replay and cost with what is there, marked as interrupted."""

import json
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from program import Program, ProgramTest, main

CASES = [f"strided_bmm(seed={seed})" for seed in range(1, 3001)]  # far more than there is time for
ROW = ("--backend", "cpu.w32", "--variant", "strided")


class Interrupt(ProgramTest):
    def interrupted(self, shown: str, *arguments: str) -> None:
        """The signal is sent once `shown` has been printed. Its output ends with the mark."""
        for sent, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with subprocess.Popen([Program.path, *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as running:
                assert running.stdout is not None
                line = ""
                while shown not in line:
                    line = running.stdout.readline()
                    self.assertNotEqual(line, "", arguments)
                running.send_signal(sent)
                start = time.monotonic()
                rest, errors = running.communicate(timeout=60)
                self.assertLess(time.monotonic() - start, 20)
            self.assertEqual(running.returncode, code, rest + errors)
            self.assertEqual(errors, "")
            self.assertEqual(rest.splitlines()[-1], "interrupted: this is what was there")
            self.assertLess(rest.count(shown), len(CASES) - 1, "it ended before the signal came")
            self.assertNotRegex(rest, "FAILED|CRASHED|TIMED_OUT|ERROR")

    def test_replay(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "many.cases")
            path.write_text("\n".join(CASES), encoding="utf-8")
            for more in ((), ("--in-process",)):
                self.interrupted("PASSED", "replay", "--cases-file", str(path), *ROW, *more)

    def test_a_sweep_that_was_stopped_has_not_passed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            with subprocess.Popen([Program.path, "sweep", "--op", "strided_bmm", *ROW, "--seconds", "600", "--json",
                                   str(report)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
                assert running.stderr is not None
                line = ""
                while not re.search(r" [1-9]\d* cases$", line):  # the progress, every ten seconds
                    line = running.stderr.readline()
                    self.assertNotEqual(line, "")
                running.send_signal(signal.SIGINT)
                text, _ = running.communicate(timeout=60)
            self.assertEqual(running.returncode, 130, text)
            self.assertEqual(text.splitlines()[-1], "interrupted: this is what was there")
            self.assertNotIn("PASSED", text.splitlines())
            self.assertNotIn("95 % sure", text)
            said = json.loads(report.read_text(encoding="utf-8"))
        self.assertEqual((said["verdict"], said["interrupted"]), ("INTERRUPTED", True))

    def test_cost(self) -> None:
        for more in ((), ("--in-process",)):
            self.interrupted("strided", "cost", *CASES, *ROW, *more)


if __name__ == "__main__":
    main()
