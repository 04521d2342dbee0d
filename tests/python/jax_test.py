"""A function of JAX on the CPU.

    python3 tests/python/jax_test.py build/cpu/mlacheck PYTHON
"""

import os
import tempfile
from pathlib import Path

from support import PLAIN, SUBJECTS, PythonSubjects, main

# A GPU that JAX finds would cost memory of the worker.
KEPT = """
import os
import mlacheck

@mlacheck.subject("merge_states", unavailable=lambda: "JAX_PLATFORMS is " + os.environ.get("JAX_PLATFORMS", "unset"))
def mine(out):
    pass
"""


class Platforms(PythonSubjects):
    def test_jax_is_kept_to_the_cpu_unless_somebody_chose(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_text(KEPT, encoding="utf-8")
            environment = {name: value for name, value in os.environ.items() if name != "JAX_PLATFORMS"}
            for chosen, platforms in (({}, "cpu"), ({"JAX_PLATFORMS": "cuda,cpu"}, "cuda,cpu")):
                done = self.run_program("sweep", "--python", self.python, "--subject", str(path), "--cases", "0",
                                        env=environment | chosen)
                self.assertIn(f"JAX_PLATFORMS is {platforms}\n", done.stdout)


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
