"""Libraries that misbehave before any case runs: one line, exit code 2, and never a pass.

    python3 tests/hostile/load_test.py build/cpu/mlacheck build/cpu/hostile
"""

import os
import tempfile
from pathlib import Path

from support import PLAIN, Hostile, main

IN_SUBJECTS = " during: mlacheck_subjects of "

# Those that never come back get one second, the others as many as a busy machine may need.
NEVER_COME_BACK = (3, 8)


def limits(number: int) -> tuple[str, ...]:
    seconds = "1" if number in NEVER_COME_BACK else "30"
    return "--load-seconds", seconds, "--worker-gib", "0.25"


# By number in tests/hostile/load.cpp: what the line says.
TOLD = {
    1: "the process that loaded it exited with status 0" + IN_SUBJECTS,
    2: "the process that loaded it was killed by SIGSEGV" + IN_SUBJECTS,
    3: "did not come back within 1 s (--load-seconds)" + IN_SUBJECTS,
    4: "the process that loaded it was killed by SIGSEGV during: loading ",
    5: "the process that loaded it exited with status 0 during: loading ",
    6: "the process that loaded it exited with status 0 during: unavailable of variant first",
    7: "the process that loaded it was killed by SIGSEGV during: unavailable of variant first",
    8: "did not come back within 1 s (--load-seconds) during: unavailable of variant first",
    9: "the process that loaded it was killed by SIGSEGV during: reading the tables of ",
    10: "table_count is 2147483647 where at most 4096 can be meant",
    11: "subject_count is 2147483647 where a count of at most 4096 is needed",
    12: "tile_count is 2147483647 where a count of at most 4096 is needed",
    13: "variant 'first' of op merge_states on cpu.w32: the library has it twice",
    14: "variant 'second' of op merge_states is its own baseline",
    15: "variant 'first' of op merge_states: its baseline 'second' leads back to it",
    17: "where a name of at most 200 bytes is needed",
    18: "a child process that it forked came back into the harness",
    19: "took more than 256 MiB (--worker-gib)" + IN_SUBJECTS,
    20: "the process that loaded it was killed by SIGABRT" + IN_SUBJECTS,
}


class Load(Hostile):
    def test_each_is_refused_in_one_line(self) -> None:
        for number, told in TOLD.items():
            with self.subTest(number=number):
                path = self.library(f"hostile_load_{number}")
                line = self.refused("replay", *limits(number), "--subject", path, PLAIN)
                self.assertTrue(line.startswith(f"mlacheck: --subject '{path}': "), line)
                self.assertIn(told, line)

    def test_no_command_loads_one_itself(self) -> None:
        for number in (1, 2, 4, 6, 7):
            path = self.library(f"hostile_load_{number}")
            for command in (["sweep", "--cases", "1", "--subject", path],
                            ["list", "--subject", path],
                            ["cost", "--subject", path],
                            ["replay", "--in-process", "--subject", path, PLAIN],
                            ["sweep", "--cases", "1", "--mutants", path]):
                with self.subTest(number=number, command=command[0]):
                    self.assertIn(path, self.refused(*command))

    def test_mutant_libraries_are_foreign_code_too(self) -> None:
        for number, told in ((4, "was killed by SIGSEGV during: loading "),
                             (5, "exited with status 0 during: loading "),
                             (1, "exports no mlacheck_mutants")):
            path = self.library(f"hostile_load_{number}")
            for extra in ([], ["--criterion", "all"]):
                line = self.refused("mutants", "--library", path, *extra)
                self.assertTrue(line.startswith(f"mlacheck: mutants '{path}': "), line)
                self.assertIn(told, line)

    def test_names_that_a_terminal_would_act_on_are_escaped(self) -> None:
        done, rows = self.sweep("hostile_load_16", "--cases", "5", "--jobs", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(set(rows), {"first", "v\\xff\\x1b[31m\\x0a"})
        self.assertEqual(rows["first"]["unavailable"], "no \\xff device\\x1b[31m")
        self.assertNotIn("\x1b", done.stdout)
        again = self.replay("hostile_load_16", "v\\xff\\x1b[31m\\x0a", PLAIN)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)

    def test_one_that_behaves_only_when_described_gets_no_pass(self) -> None:
        for number, verdict, told in (
                (30, "CRASHED", "the worker exited with status 0"),
                (31, "CRASHED", "the worker was killed by SIGSEGV"),
                (32, "TIMED_OUT", "no answer within 1 s during: mlacheck_subjects of "),
                (33, "CRASHED", "the library has no subject merge_states cpu.w32 second here")):
            with self.subTest(number=number):
                done = self.replay(f"hostile_load_{number}", "second", "--case-seconds", "1", PLAIN)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertTrue(done.stdout.startswith(verdict + "  "), done.stdout)
                self.assertIn(told, done.stdout)
                done, rows = self.sweep(f"hostile_load_{number}", "--variant", "second", "--cases",
                                        "1", "--jobs", "1", "--case-seconds", "1", "--no-shrink")
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertEqual(rows["second"]["verdict"], verdict)

    def test_what_is_no_library(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fifo = f"{folder}/fifo.so"
            os.mkfifo(fifo)
            empty = Path(folder) / "empty.so"
            empty.touch()
            text = Path(folder) / "text.so"
            text.write_bytes(b"\x7fELF and then nonsense\xff\x1b[31m" * 9)
            whole = Path(self.library("hostile_load_16")).read_bytes()
            cut = Path(folder) / "cut.so"
            cut.write_bytes(whole[:len(whole) // 3])
            for path, told in ((fifo, "is a FIFO, expected a shared library"),
                               (folder, "is a directory, expected a shared library"),
                               ("/dev/null", "is a device, expected a shared library"),
                               (f"{folder}/none.so", "cannot be loaded: No such file"),
                               (str(empty), "cannot be loaded: "),
                               (str(text), "cannot be loaded: "),
                               (str(cut), "'"),
                               (self.library("hostile_data_symbol"), "was killed by SIG")):
                with self.subTest(path=path):
                    line = self.refused("list", "--subject", path)
                    self.assertTrue(line.startswith(f"mlacheck: --subject '{path}': "), line)
                    self.assertIn(told, line)

    def test_limits_are_numbers_that_can_be_meant(self) -> None:
        path = self.library("hostile_load_16")
        for option, values in (("--worker-gib", ("1e300", "17179869184", "nan", "0", "1e-30")),
                               ("--load-seconds", ("0", "nan", "-1", "1e300"))):
            for value in values:
                with self.subTest(option=option, value=value):
                    line = self.refused("replay", "--subject", path, option, value, PLAIN)
                    self.assertTrue(line.startswith(f"mlacheck: {option} "), line)
                    self.assertIn(": expected a number from 0.", line)


if __name__ == "__main__":
    main()
