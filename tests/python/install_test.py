"""An installed program finds its package and its library, wherever it is called.

    python3 tests/python/install_test.py build/cpu/mlacheck PYTHON BUILD_FOLDER CMAKE
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import PLAIN, SUBJECTS, PythonSubjects


class Install(PythonSubjects):
    build = ""
    cmake = ""

    def test_an_installed_program_runs_python_subjects(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([self.cmake, "--install", self.build, "--prefix", folder],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            program = Path(folder) / "bin/mlacheck"
            words = ["replay", "--python", self.python, "--subject", str(SUBJECTS / "good.py"), "--variant",
                     "merge", PLAIN]
            ran = subprocess.run([str(program), *words], capture_output=True, text=True, check=False,
                                 cwd=folder)
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
            for part, said in (("libmlacheck_worker.so", "libmlacheck_worker.so"),
                               ("python/mlacheck/_worker.py", "the Python package mlacheck")):
                (Path(folder) / "lib/mlacheck" / part).unlink()
                ran = subprocess.run([str(program), *words], capture_output=True, text=True, check=False)
                self.assertEqual(ran.returncode, 3, ran.stdout + ran.stderr)
                self.assertIn(f"{said} is not where this program looks for it", ran.stderr)


if __name__ == "__main__":
    Install.program, Install.python, Install.build, Install.cmake = sys.argv[1:5]
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
