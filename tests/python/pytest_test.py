"""The pytest plug-in, by tests that pytest runs; and the lock of a GPU.

    python3 tests/python/pytest_test.py build/cpu/mlacheck PYTHON
"""

import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import PACKAGE, SUBJECTS, PythonSubjects, main

# Holds the lock for a while, and says when.
HOLDS = """
import sys, time
from pathlib import Path
from mlacheck import _device_lock
with _device_lock.locked(Path(sys.argv[1])):
    begin = time.monotonic()
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    print(begin, time.monotonic(), flush=True)
"""


class Pytest(PythonSubjects):
    def test_the_plug_in(self) -> None:
        if not self.has_module("pytest"):
            self.skipTest(f"{self.python} has no pytest: ci/setup python installs it")
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [self.python, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "--basetemp", f"{folder}/base",
                 str(Path(__file__).parent / "plugin")],
                capture_output=True, text=True, check=False, timeout=1200, cwd=folder,
                env={**os.environ, "MLACHECK": self.program,
                     "PYTHONPATH": f"{PACKAGE}:{SUBJECTS}:{os.environ.get('PYTHONPATH', '')}"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(" passed", done.stdout)


class Lock(PythonSubjects):
    def start(self, path: Path, seconds: float) -> "subprocess.Popen[str]":
        process = subprocess.Popen([self.python, "-c", HOLDS, str(path), str(seconds)], stdout=subprocess.PIPE,
                                   text=True, env={**os.environ, "PYTHONPATH": str(PACKAGE)})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_two_processes_hold_it_one_after_the_other(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            both = [self.start(Path(folder) / "gpu.lock", 1) for _ in range(2)]
            times = sorted(tuple(map(float, one.communicate(timeout=120)[0].split()[1:])) for one in both)
        (_, end), (begin, _) = times
        self.assertGreaterEqual(begin, end)

    def test_a_process_that_dies_gives_it_back(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "gpu.lock"
            holder = self.start(path, 600)
            self.assertEqual(holder.stdout and holder.stdout.readline(), "held\n")
            waiting = self.start(path, 0)
            time.sleep(1)
            self.assertIsNone(waiting.poll())
            holder.kill()
            self.assertIn("held", waiting.communicate(timeout=120)[0])

    @unittest.skipIf(os.geteuid() != 0, "another user's file needs root")
    def test_a_file_of_another_user_locks_as_well(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "gpu.lock"
            path.touch(0o444)
            os.chown(path, 65534, 65534)
            self.assertIn("held", self.start(path, 0).communicate(timeout=120)[0])

    def test_devices_have_locks_of_their_own(self) -> None:
        script = "from mlacheck import _device_lock as d; print(d.device_name(), d.path_of('a/b'), d.path_of('GPU-1'))"
        done = subprocess.run([self.python, "-c", script], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(PACKAGE), "CUDA_VISIBLE_DEVICES": "3,4"})
        name, one, other = done.stdout.split()
        # A machine with a GPU says its UUID.
        self.assertRegex(name, "^(index-3|[0-9a-f]{32})$")
        self.assertTrue(one.endswith("/mlacheck-gpu-a_b.lock"), one)
        self.assertNotEqual(one, other)


if __name__ == "__main__":
    main()
