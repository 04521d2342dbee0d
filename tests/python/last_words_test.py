"""What is known of a process that died: at which line of Python, beside which operand, after which findings.

    python3 tests/python/last_words_test.py build/cpu/mlacheck PYTHON
"""

from support import SEVEN, SUBJECTS, PythonSubjects, main, unwrapped


class LastWords(PythonSubjects):
    def report(self, file: str, variant: str) -> str:
        done = self.replay(SUBJECTS / file, variant, SEVEN)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return unwrapped(done.stdout)

    def test_a_read_beside_an_operand_names_operand_and_line(self) -> None:
        report = self.report("last_words.py", "reads_past")
        self.assertRegex(report, r"\n  K6 +.*suffix_out: access at byte 0 past its end \([a-z ]+\); "
                                 r"at .*last_words\.py:\d+ in peek; called from last_words\.py:\d+ in reads_past")
        self.assertNotIn("_call.py", report)

    def test_a_crash_names_the_line(self) -> None:
        report = self.report("wrong.py", "segfaults")
        self.assertRegex(report, r"ended   the worker was killed by SIGSEGV[\s\S]*"
                                 r"wrong\.py:\d+ in segfaults; called from wrong\.py:\d+ in run")

    def test_findings_before_a_crash_are_shown(self) -> None:
        report = self.report("last_words.py", "is_wrong_and_dies")
        self.assertTrue(report.startswith("CRASHED"), report)
        self.assertRegex(report, r"\n  K1 +out: 1 of 28 elements")
        self.assertRegex(report, r"ended   the worker was killed by SIGSEGV")


if __name__ == "__main__":
    main()
