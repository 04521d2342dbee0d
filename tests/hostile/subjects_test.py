"""Hostile subjects: each ends in its verdict, says where, and the run goes on."""

import json
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MLACHECK = None
FOLDER = None
PREFIX = None  # an installed package, for the example


def run(*arguments, timeout=120):
    return subprocess.run([MLACHECK, *arguments], capture_output=True, text=True, timeout=timeout,
                          check=False)


def sweep(library, *arguments):
    """Exit status, text, and the rows by variant."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = run("sweep", "--subject", library, "--cases", "1", "--jobs", "1", "--seed", "4",
                   "--json", str(report), *arguments)
        if not report.exists() or not report.read_text(encoding="utf-8"):
            return done, {}
        rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
        return done, {row["variant"]: row for row in rows}


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.done, cls.rows = sweep(f"{FOLDER}/hostile.so", "--case-seconds", "4", "--worker-gib",
                                   "0.25", "--no-shrink")

    def expect(self, variant, verdict, *texts):
        row = self.rows[variant]
        self.assertEqual(row["verdict"], verdict, row)
        # A row goes on after a failure, and its verdict is that of the worst one.
        failures = [failure for failure in row["failures"] if failure["verdict"] == verdict]
        told = [json.dumps(failure) for failure in failures]
        self.assertTrue(any(all(text in one for text in texts) for one in told), row)
        for failure in failures:
            self.assertTrue(failure["case"].startswith("merge_states("), failure)
            self.assertIn(failure["case"], self.done.stdout)

    def replay(self, variant, case):
        return run("replay", case, "--subject", f"{FOLDER}/hostile.so", "--variant", variant)

    def test_the_run_went_on_to_the_end(self):
        self.assertEqual(self.done.returncode, 1, self.done.stderr)
        self.assertEqual(len(self.rows), 14)
        for row in self.rows.values():
            ran = sum(row["counts"].values())
            self.assertEqual(ran > 0, row["variant"] != "absent", row["variant"])

    def test_crashes(self):
        self.expect("segfault", "CRASHED", "SIGSEGV")
        self.expect("abort", "CRASHED", "SIGABRT", "last words of the subject")
        self.expect("exit0", "CRASHED", "exited with status 0")
        self.expect("grow", "CRASHED", "the worker grew by ", "over the limit of 256 MiB")

    def test_hang(self):
        self.expect("loop", "TIMED_OUT", "no answer within ", " s during: values")

    def test_red_zones_and_guard_pages(self):
        self.expect("smash", "FAILED", "K5", "front red zone")
        # Nothing is written where there are no columns, so only the read is left to find.
        done = self.replay("over_read", "merge_states(T=2,H=3,V=0)")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("K6      prefix_lse: access at byte 0 past its end", done.stdout)
        self.assertEqual(re.findall(r"^  (K\d+) ", done.stdout, re.MULTILINE), ["K6"])

    def test_leak_throw_error(self):
        done = run("replay", "merge_states(T=2,H=3,V=2)", "--subject", f"{FOLDER}/hostile_process.so",
                   "--variant", "leaks")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(set(re.findall(r"^  (K\d+) ", done.stdout, re.MULTILINE)), {"K9"})
        self.expect("throws", "FAILED", "thrown by the subject")
        self.expect("fails", "FAILED", "no weather for it")
        self.expect("nonsense", "FAILED", "status 42")
        self.expect("bad_scratch", "FAILED", "scratch odd")

    def test_output_of_a_subject_disturbs_nobody(self):
        # It writes no result, and what it prints is none.
        self.expect("prints", "FAILED", '"check": "K1"', "elements (100 %) miss the oracle")
        self.assertNotIn("noise", self.done.stdout + self.done.stderr)

    def test_absent_is_skipped_with_its_reason(self):
        row = self.rows["absent"]
        self.assertEqual(row["verdict"], "SKIPPED")
        self.assertEqual(row["unavailable"], "needs a machine that nobody has")

    def test_output_alone_fails_nothing(self):
        # Every value check fails for a subject that writes nothing: ask for a case without output.
        done = self.replay("prints", "merge_states(T=2,H=0,V=3)")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("PASSED  merge_states, variant prints on cpu.w32: ", done.stdout)

    def test_shrinking_goes_on_across_crashes(self):
        done, rows = sweep(f"{FOLDER}/hostile.so", "--variant", "segfault", "--variant", "smash")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(rows["segfault"]["failures"][0]["case"], "merge_states()")
        printed = re.search(r"replay  mlacheck ((?:.*\\\n)*.*)", done.stdout).group(1)
        again = run(*shlex.split(printed.replace("\\\n", " ")))
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("SIGSEGV", again.stdout)

    def test_list_names_the_subjects_of_a_library(self):
        done = run("list", "--subject", f"{FOLDER}/hostile.so")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("\n    segfault on cpu.w32\n", done.stdout)


class BadPlugins(unittest.TestCase):
    def refused(self, number, *texts):
        done = run("sweep", "--subject", f"{FOLDER}/bad_plugin_{number}.so", "--cases", "1")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        for text in (f"bad_plugin_{number}.so", *texts):
            self.assertIn(text, done.stderr)

    def test_each_is_refused_by_name(self):
        self.refused(1, "version 99", "expected 1")
        self.refused(2, "op 'softmax'", "expected one of", "merge_states")
        self.refused(3, "backend 'abacus'", "cpu cuda hip")
        self.refused(4, "variant 'scalar'", "taken")
        self.refused(5, "subjects.run is null")
        self.refused(6, "baseline 'nobody'")
        self.refused(7, "conventions.lse_base is 10", "one of 0 2")
        self.refused(8, "returned null")
        self.refused(9, "mlacheck_subjects")
        self.refused(10, "contract 'vectorised' of variant 'mine'", "scalar vectorized")
        self.refused(21, "tiles.axis 'nope' of op merge_states: expected one of V H groups")
        self.refused(22, "subjects.reserved is 99 where 0 is needed")
        self.refused(23, "': table of a plug-in: op is null where a name is needed")

    def test_no_library(self):
        done = run("sweep", "--subject", "/nowhere/lib.so")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere/lib.so", done.stderr)


if __name__ == "__main__":
    MLACHECK, FOLDER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
