"""A function of JAX on the CPU.

    python3 tests/python/jax_test.py build/cpu/mlacheck PYTHON
"""

from support import PLAIN, SUBJECTS, PythonSubjects, main


class Jax(PythonSubjects):
    def setUp(self) -> None:
        if not self.has_module("jax"):
            self.skipTest(f"{self.python} has no jax")

    def test_a_right_function_passes(self) -> None:
        for dtype in ("f32", "f16", "bf16"):
            done = self.replay(SUBJECTS / "with_jax.py", "jitted", "--load-seconds", "120",
                               PLAIN.replace(")", f",dtype={dtype})"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
