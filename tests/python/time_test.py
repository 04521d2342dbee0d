"""Importing and compiling have limits of their own, and do not count as part of a case.

    python3 tests/python/time_test.py build/cpu/mlacheck PYTHON
"""

import stat
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from support import SUBJECTS, Done, PythonSubjects, main

SLOW = SUBJECTS / "slow.py"
LINE = "merge_states(T=2)"
CASE_SECONDS = 5  # less than the import takes, and less than all first calls of a case together


class Time(PythonSubjects):
    compiled: "Future[tuple[Done, float]]"
    started_slowly: "Future[Done]"
    called_later: "Future[Done]"

    @classmethod
    def setUpClass(cls) -> None:
        # All at once: they sleep a minute, and work for seconds.
        with ThreadPoolExecutor() as pool:
            program = cls()
            cls.compiled = pool.submit(program.compile_first)
            cls.started_slowly = pool.submit(program.start_slowly)
            cls.called_later = pool.submit(program.call_later)

    def compile_first(self) -> "tuple[Done, float]":
        start = time.monotonic()
        done = self.replay(SLOW, "compiles", "--case-seconds", str(CASE_SECONDS), LINE)
        return done, time.monotonic() - start

    def start_slowly(self) -> Done:
        with tempfile.TemporaryDirectory() as folder:
            slow = Path(folder) / "python"
            slow.write_text(f'#!/bin/sh\nsleep 9\nexec {self.python} "$@"\n', encoding="utf-8")
            slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
            return self.run_program("replay", "--python", str(slow), "--subject", str(SUBJECTS / "good.py"),
                                    "--variant", "merge", "--load-seconds", "8", LINE)

    def call_later(self) -> Done:
        return self.replay(SLOW, "hangs_later", "--case-seconds", str(CASE_SECONDS), LINE)

    def test_importing_and_compiling_are_not_part_of_a_case(self) -> None:
        done, seconds = self.compiled.result()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # Described, imported, and compiled for longer than a case may take.
        self.assertGreater(seconds, 6 + 6 + CASE_SECONDS)

    def test_an_interpreter_that_is_slow_to_start_is_no_import(self) -> None:
        done = self.started_slowly.result()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_later_call_is(self) -> None:
        done = self.called_later.result()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertTrue(done.stdout.startswith("TIMED_OUT"), done.stdout)
        self.assertIn("no answer within 5 s during: ", " ".join(done.stdout.split()))


if __name__ == "__main__":
    main()
