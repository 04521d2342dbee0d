"""Functions of torch on the CPU.

    python3 tests/python/torch_test.py build/cpu/mlacheck PYTHON
"""

from support import PLAIN, SUBJECTS, PythonSubjects, main


class Torch(PythonSubjects):
    def setUp(self) -> None:
        if not self.has_module("torch"):
            self.skipTest(f"{self.python} has no torch: ci/setup python installs it")

    def test_right_functions_pass_and_unwritten_memory_is_found(self) -> None:
        done, rows = self.sweep(SUBJECTS / "with_torch.py", "--cases", "100", "--jobs", "1")
        verdicts = {name: row["verdict"] for name, row in rows.items()}
        self.assertEqual(verdicts, {"written": "PASSED", "returned": "PASSED", "with_scratch": "PASSED",
                                    "forgets_one": "FAILED", "forgets_in_new_empty": "FAILED",
                                    "of_another_type": "FAILED"}, done.stdout)
        self.assertIn("TypeError: returned out has type torch.float64, expected torch.float32", " ".join(done.stdout.split()))

    def test_types(self) -> None:
        for dtype in ("f32", "f16", "bf16"):
            done = self.replay(SUBJECTS / "with_torch.py", "written", PLAIN.replace(")", f",dtype={dtype})"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
