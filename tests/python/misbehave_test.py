"""Python subjects that are wrong, raise, die or hang get the verdicts that C subjects get.

    python3 tests/python/misbehave_test.py build/cpu/mlacheck PYTHON
"""

import unittest

from support import PLAIN, SEVEN, SUBJECTS, PythonSubjects, main, unwrapped

WRONG = SUBJECTS / "wrong.py"


class Misbehave(PythonSubjects):
    def told(self, variant: str, verdict: str, text: str, *arguments: str) -> str:
        """The report of the case with 7 heads, after another one has passed in the same worker."""
        done = self.replay(WRONG, variant, PLAIN, SEVEN, *arguments)
        self.assertEqual(done.returncode, 0 if verdict in ("PASSED", "SKIPPED") else 1, done.stdout + done.stderr)
        report = unwrapped(done.stdout)
        self.assertTrue(report.startswith("PASSED  merge_states"), report)
        self.assertIn(f"\n{verdict}  merge_states, variant {variant} on cpu.w32", report)
        self.assertIn(text, report)
        return report

    def test_a_wrong_value_is_found_shrunk_and_replayed(self) -> None:
        done, rows = self.sweep(WRONG, "--variant", "value", "--cases", "400", "--max-failures", "1")
        self.assertEqual(done.returncode, 1, done.stdout)
        failure = rows["value"]["failures"][0]
        self.assertEqual(failure["case"], "merge_states(H=7,V=2)", done.stdout)
        again = self.replay(WRONG, "value", failure["case"])
        self.assertEqual(again.returncode, 1)
        self.assertIn("K1      out: ", again.stdout)
        self.assertIn(f"--python {self.python}", unwrapped(done.stdout).replace("\\ ", ""))

    def test_an_exception_is_a_finding_with_its_place(self) -> None:
        report = self.told("raises", "FAILED", "IndexError: list index out of range")
        self.assertRegex(report, r"\n  K16 +.*; at wrong\.py:\d+ in raises: held\[0\]\[\"a key\"\] = out; "
                                 r"called from wrong\.py:\d+ in run: ")
        report = self.told("raises_deep", "FAILED", "ValueError: operands could not be broadcast")
        self.assertEqual(report.count("in helper"), 3, report)
        self.assertNotIn("_call.py", report)
        self.told("stops_with_the_keyboard", "FAILED", "KeyboardInterrupt")
        self.told("raises_without_text", "FAILED", "Unprintable: its text cannot be had, which raises RuntimeError")

    def test_ways_to_leave(self) -> None:
        report = self.told("leaves_with_words", "CRASHED", "ended   the worker exited with status 1")
        self.assertIn("why it left", report)
        self.told("leaves_far", "CRASHED", f"ended   the worker exited with status {(10**20 + 7) % 256}")

    def test_what_a_function_may_raise(self) -> None:
        self.told("says_unsupported", "SKIPPED", "no seven heads")
        self.assertIn("K16", self.told("refuses", "FAILED", "heads: 7 where 8 are expected"))
        self.assertIn("K16", self.told("has_no_memory", "FAILED", "no more of it"))

    def test_deaths(self) -> None:
        report = self.told("aborts", "CRASHED", "ended   the worker was killed by SIGABRT")
        self.assertIn("the last words of a subject", report)
        self.told("segfaults", "CRASHED", "ended   the worker was killed by SIGSEGV")
        self.told("leaves", "CRASHED", "ended   the worker exited with status 5")
        self.told("leaves_at_once", "CRASHED", "ended   the worker exited with status 0")
        self.told("forks", "CRASHED", "a child process that the subject forked came back into the harness")

    def test_limits(self) -> None:
        for variant in ("hangs", "hangs_and_catches"):
            self.told(variant, "TIMED_OUT", "no answer within 1 s (--first-call-seconds) during: ",
                      "--first-call-seconds", "1")
        self.told("grows", "CRASHED", "over the limit of 512 MiB", "--worker-gib", "0.5")

    def test_memory_that_is_not_theirs(self) -> None:
        self.assertIn("K16", self.told("writes_an_input", "FAILED", "assignment destination is read-only"))
        self.assertIn("K5", self.told("writes_an_input_by_address", "FAILED", "prefix_out"))
        self.assertIn("K5", self.told("writes_beside", "FAILED", "out"))

    def test_output_disturbs_nothing(self) -> None:
        self.told("prints_much", "PASSED", "PASSED")

    def test_what_dies_shrinks(self) -> None:
        # Elsewhere it may die of a neighbour of the case, which K8 draws.
        done, rows = self.sweep(WRONG, "--variant", "segfaults", "--cases", "300", "--max-failures", "1",
                                "--where", "H=7 V>=2")
        self.assertEqual(rows["segfaults"]["verdict"], "CRASHED", done.stdout)
        self.assertEqual(rows["segfaults"]["failures"][0]["case"], "merge_states(H=7,V=2)")


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
