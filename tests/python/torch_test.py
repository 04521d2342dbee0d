"""Functions of torch on the CPU.

    python3 tests/python/torch_test.py build/cpu/mlacheck PYTHON
"""

from support import PLAIN, SUBJECTS, PythonSubjects, main


class Torch(PythonSubjects):
    def setUp(self) -> None:
        if not self.has_module("torch"):
            self.skipTest(f"{self.python} has no torch: ci/setup python installs it")

    def replayed(self, variant: str, *fields: str) -> str:
        line = PLAIN.replace(")", "".join(f",{field}" for field in fields) + ")")
        done = self.replay(SUBJECTS / "with_torch.py", variant, "--load-seconds", "120", line)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        return " ".join(done.stdout.split())

    def test_right_functions_pass(self) -> None:
        for dtype in ("f32", "f16", "bf16"):
            self.assertIn("PASSED", self.replayed("written", f"dtype={dtype}"))
        self.assertIn("PASSED", self.replayed("returned", "out.gap=3", "out.order=HTV"))
        self.assertIn("PASSED", self.replayed("with_scratch"))
        done, rows = self.sweep(SUBJECTS / "with_torch.py", "--variant", "written", "--cases", "50",
                                "--jobs", "1", "--load-seconds", "120")
        self.assertEqual(rows["written"]["verdict"], "PASSED", done.stdout)

    def test_memory_that_is_not_written_is_found(self) -> None:
        for variant in ("forgets_one", "forgets_in_new_empty"):
            self.assertRegex(self.replayed(variant), r"FAILED .* K3 +out: 1 of 12 elements")

    def test_a_value_of_another_type_is_a_finding(self) -> None:
        self.assertIn("TypeError: returned out has type torch.float64, expected torch.float32",
                      self.replayed("of_another_type"))


if __name__ == "__main__":
    main()
