"""Right functions pass in every form that a function may have, and memory that is not written is found.

    python3 tests/python/forms_test.py build/cpu/mlacheck PYTHON
"""

import re

from support import PLAIN, SUBJECTS, PythonSubjects, main, unwrapped

CASES = ("--cases", "80", "--jobs", "1")


class Forms(PythonSubjects):
    def test_every_form_passes(self) -> None:
        done, rows = self.sweep(SUBJECTS / "good.py", *CASES)
        self.assertEqual(done.returncode, 0, done.stdout)
        verdicts = {name: row["verdict"] for name, row in rows.items()}
        self.assertEqual(verdicts, {
            "merge": "PASSED", "returned": "PASSED", "dictionary": "PASSED", "with_scratch": "PASSED",
            "only_values": "PASSED", "elsewhere": "SKIPPED"}, done.stdout)
        self.assertEqual(rows["elsewhere"]["unavailable"], "no such machine")
        self.assertEqual(rows["only_values"]["domain"], "has_lse_out=0")
        self.assertEqual(rows["only_values"]["counts"].get("SKIPPED", 0), 0)
        # The whole battery looked at them, the layout twin and the guard pages among it.
        for name in ("merge", "returned", "with_scratch"):
            for check in ("K2", "K3", "K4", "K6", "K9", "K10"):
                self.assertGreater(rows[name]["checks"][check]["cases"], 20, (name, check))

    def test_an_optional_output_that_the_function_does_not_have_skips_the_case(self) -> None:
        done = self.replay(SUBJECTS / "good.py", "only_values", PLAIN)
        self.assertEqual(done.returncode, 77, done.stdout)
        self.assertIn("outside the domain: has_lse_out=0", " ".join(done.stdout.split()))

    def test_an_optional_output_that_is_returned_and_then_not_is_lost(self) -> None:
        done = self.replay(SUBJECTS / "loses.py", "loses_the_lse", PLAIN, PLAIN.replace("H=3", "H=7"))
        self.assertEqual(done.returncode, 1, done.stdout)
        report = unwrapped(done.stdout)
        self.assertTrue(report.startswith("PASSED  merge_states"), report)
        self.assertRegex(report, r"\n  K16 +.*returned no lse_out, which the case has")

    def test_bfloat16(self) -> None:
        line = "merge_states(T=2,H=3,V=2,dtype=bf16)"
        done = self.replay(SUBJECTS / "good.py", "merge", line)
        if self.has_module("ml_dtypes"):
            self.assertEqual(done.returncode, 0, done.stdout)
        else:
            self.assertEqual(done.returncode, 77, done.stdout)
            self.assertIn("bf16 needs the package ml_dtypes", " ".join(done.stdout.split()))

    def test_what_is_not_written_is_found(self) -> None:
        done, rows = self.sweep(SUBJECTS / "unwritten.py", "--cases", "60", "--max-failures", "1")
        self.assertEqual(done.returncode, 1)
        for variant in ("forgets_one", "forgets_one_of_the_same_shape", "reads_scratch", "adds_what_it_finds"):
            self.assertEqual(rows[variant]["verdict"], "FAILED", variant)
            found = {name for name, count in rows[variant]["checks"].items() if count["failed"]}
            self.assertIn("K3", found, variant)
        # It is the memory of the function that is wrong, not the way back.
        self.assertRegex(unwrapped(done.stdout), r"variant forgets_one on [\s\S]*?got -?nan \[0xffffffff\]")

    def test_what_a_call_costs(self) -> None:
        done = self.run_program("cost", "--python", self.python, "--subject", str(SUBJECTS / "good.py"),
                                "--variant", "with_scratch", "--variant", "merge", PLAIN)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # Launches, allocations and their bytes: 12 elements of scratch.
        self.assertRegex(done.stdout, r"\nwith_scratch cpu\.w32 +none +0 +1 +48 ")
        self.assertRegex(done.stdout, r"\nmerge +cpu\.w32 +none +0 +0 +0 ")

    def test_a_list_of_numbered_operands(self) -> None:
        done = self.replay(SUBJECTS / "chunks.py", "listed", "chunked_context(chunks=3,requests=[2:5],H=2,V=3)")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_outputs_that_are_written_may_be_returned(self) -> None:
        done, rows = self.sweep(SUBJECTS / "views.py", "--cases", "20", "--jobs", "1", "--max-failures", "1")
        for variant in ("twenty_letters_long_", "a_name_that_is_longer_than_the_column_of_the_table"):
            self.assertEqual(rows[variant]["verdict"], "PASSED", done.stdout)
        self.assertEqual(rows["returns_another"]["verdict"], "FAILED", done.stdout)
        self.assertIn("a value is returned by a function that takes its outputs", unwrapped(done.stdout))
        # Marks stand under the numbers of their checks, whatever the length of a name.
        lines = done.stdout.splitlines()
        heads = next(line for line in lines if line.startswith("  variant "))
        rows_of_marks = {line: marks[0] for line in lines if (marks := re.findall(r" ([o.X-]{20}) ", line))}
        self.assertEqual({line.index(marks) for line, marks in rows_of_marks.items()}, {heads.index("123456789")},
                         done.stdout)
        self.assertLessEqual(max(map(len, rows_of_marks)), 80, done.stdout)

    def test_the_other_ops(self) -> None:
        done, rows = self.sweep(SUBJECTS / "product.py", "--cases", "30", "--jobs", "1")
        self.assertEqual(rows["einsum"]["verdict"], "PASSED", done.stdout)


if __name__ == "__main__":
    main()
