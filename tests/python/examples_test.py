"""The numpy examples: historic defects are found, what replaced them passes.

    python3 tests/python/examples_test.py build/cpu/mlacheck PYTHON
"""

import re
import sys
import unittest

import examples

PROGRAM, PYTHON = sys.argv[1:3]


class Examples(unittest.TestCase):
    def test_expectations_are_met(self) -> None:
        for op in examples.expectations():
            for outcome in examples.sweep(PROGRAM, "numpy", op, PYTHON):
                with self.subTest(op=op, variant=outcome.variant):
                    self.assertTrue(outcome.met, outcome.line())

    def test_every_file_has_expectations_and_cases(self) -> None:
        entries = examples.expectations()
        files = {entry["file"] for entry in entries.values()}
        for kind in ("numpy", "torch"):
            self.assertEqual({file.name for file in (examples.FOLDER / kind).glob("*.py")}, files)
        cases = {file.stem for file in (examples.FOLDER / "cases").iterdir()}
        self.assertEqual(cases, set(entries))

    def test_twins_declare_the_same_subjects(self) -> None:
        for entry in examples.expectations().values():
            numpy, torch = ((examples.FOLDER / kind / entry["file"]).read_text()
                            for kind in ("numpy", "torch"))
            pattern = r'^def (\w+)\(|variant="(\w+)"'
            for variant in set(entry) - {"file"}:
                for text in (numpy, torch):
                    names = {a or b for a, b in re.findall(pattern, text, re.MULTILINE)}
                    self.assertIn(variant, names)

    def test_an_expectation_can_be_missed(self) -> None:
        def outcome(expected: examples.Expected | None, verdict: str, cases: int,
                    *found: str) -> examples.Outcome:
            return examples.Outcome("op", "mine", expected, verdict, cases, list(found), 0.0)
        self.assertTrue(outcome("passes", "PASSED", 3).met)
        self.assertTrue(outcome(["K1", "K5"], "FAILED", 0, "K5").met)
        for missed in (outcome("passes", "PASSED", 2), outcome("passes", "FAILED", 9, "K1"),
                       outcome("passes", "SKIPPED", 0), outcome(["K1"], "PASSED", 9),
                       outcome(["K1"], "FAILED", 9, "K5"), outcome(None, "PASSED", 9)):
            self.assertFalse(missed.met, missed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
