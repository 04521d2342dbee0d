"""Subjects that change how the thread computes: the harness's own arithmetic stays what it is.

    python3 tests/hostile/arithmetic_test.py build/cpu/mlacheck build/cpu/hostile
"""

import platform
import re
import unittest

from support import PLAIN, Hostile, main, unwrapped

LIBRARIES = ("hostile_arithmetic", "hostile_arithmetic_fast")
TINY = "merge_states(T=4,H=2,V=64,has_lse_out=1,values=tiny,lse=near,empty=suffix,seed=1)"
LEFT = "the floating-point environment was left changed: "
X86 = platform.machine() == "x86_64"


class Arithmetic(Hostile):
    def checks_of(self, library: str, variant: str, case: str = TINY) -> tuple[str, set[str], str]:
        """Verdict, the checks that found something, and all that was printed."""
        done = self.replay(library, variant, case)
        verdict = done.stdout.split(" ", 1)[0]
        self.assertEqual(done.returncode, {"PASSED": 0, "FAILED": 1}[verdict], done.stderr)
        found = re.findall(r"^  (K\d+|eq|exec|san|cost|trust) +\S", done.stdout, re.MULTILINE)
        return verdict, set(found), unwrapped(done.stdout)

    def test_one_object_file_gets_one_verdict_however_it_is_linked(self) -> None:
        told = [self.checks_of(library, "flushing") for library in LIBRARIES]
        self.assertEqual(told[0][0], "FAILED")
        self.assertIn("192 of 512 elements", told[0][2])
        self.assertEqual(told[0][2].replace(LIBRARIES[0], ""), told[1][2].replace(LIBRARIES[1], ""))

    def test_a_correct_kernel_passes_however_it_is_linked(self) -> None:
        for library in LIBRARIES:
            self.assertEqual(self.checks_of(library, "correct")[0], "PASSED", library)
            done, rows = self.sweep(library, "--variant", "correct", "--cases", "60", "--jobs", "1")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(rows["correct"]["verdict"], "PASSED")

    def test_what_a_subject_puts_back_is_nobodys_business(self) -> None:
        for library in LIBRARIES:
            self.assertEqual(self.checks_of(library, "rounds_and_restores")[0], "PASSED", library)

    def left(self, variant: str, text: str) -> None:
        for library in LIBRARIES:
            verdict, found, printed = self.checks_of(library, variant)
            self.assertEqual(verdict, "FAILED")
            # Nothing but that: no value, no twin and no poison is blamed for it.
            self.assertEqual(found, {"K5"}, printed)
            self.assertIn(LEFT + text + " (", printed)

    def test_a_changed_environment_is_a_finding_by_itself(self) -> None:
        self.left("rounds_upward", "rounding upward")
        self.left("truncates", "rounding toward zero")

    @unittest.skipUnless(X86, "the instructions are those of x86")
    def test_every_part_of_the_environment_is_looked_at(self) -> None:
        self.left("flushes_from_then_on", "flush-to-zero on, denormals-are-zero on")
        self.left("traps", "traps on invalid operation and division by zero and overflow and "
                           "inexact result")
        self.left("narrows_x87", "x87 precision 24 bits")
        self.left("leaves_mmx", "x87 registers in use (MMX without emms)")

    def test_a_subject_that_throws_is_put_right_too(self) -> None:
        _, _, printed = self.checks_of("hostile_arithmetic", "changes_and_throws", PLAIN)
        self.assertIn(LEFT + "rounding upward", printed)
        self.assertIn("K16     the subject threw something that is no exception", printed)

    def test_numbers_are_printed_in_the_locale_of_the_harness(self) -> None:
        done = self.replay("hostile_arithmetic", "other_locale", "merge_states(T=40,H=8,V=64)")
        self.assertRegex(done.stdout, r"PASSED .*: \d+ elements compared")
        # In the process itself, where the locale would meet the report.
        done = self.run_program("replay", "--in-process", "--subject",
                                self.library("hostile_arithmetic"), "--variant", "other_locale",
                                "merge_states(T=40,H=8,V=64)", "merge_states(T=41,H=8,V=64)")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"PASSED .*: \d{5} elements compared")


if __name__ == "__main__":
    main()
