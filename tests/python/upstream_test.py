"""mlacheck.upstream without any of the projects: it can be imported, and says what is missing.

    python3 tests/python/upstream_test.py build/cpu/mlacheck PYTHON
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, PYTHON = sys.argv[1:3]
PACKAGE = Path(__file__).resolve().parents[2] / "python"

# Projects that are installed after all are as good as missing: their modules cannot be found.
REASONS = """
import importlib, json, sys
hidden = sys.argv[1:]

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
found = {}
for project in importlib.import_module("mlacheck.upstream").PROJECTS:
    module = importlib.import_module(f"mlacheck.upstream.{project}")
    declared = [d for value in vars(module).values() for d in getattr(value, "__mlacheck__", [])]
    found[project] = {d.variant: [d.backend, d.domain, d.unavailable()] for d in declared}
    assert module.TRIED and module.__doc__, project
print(json.dumps(found))
"""
ROOTS = ("torch", "flashinfer", "vllm", "sglang", "sgl_kernel", "aiter", "aiter_meta", "flash_mla")

# They run AMD's machine code in the interpreter, on the CPU.
INTERPRETED = ("aiter_amd", "aiter_amd_persistent", "aiter_mxfp4_amd")


class Upstream(unittest.TestCase):
    def test_every_subject_says_what_is_missing(self) -> None:
        done = subprocess.run([PYTHON, "-c", REASONS, *ROOTS], capture_output=True, text=True, check=False,
                              env=os.environ | {"PYTHONPATH": str(PACKAGE)})
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(set(found), {"torch", "flashinfer", "vllm", "sglang", "aiter", *INTERPRETED, "flash_mla"})
        for project, subjects in found.items():
            self.assertTrue(subjects, project)
            for variant, (backend, domain, reason) in subjects.items():
                with self.subTest(variant=variant):
                    self.assertEqual(backend, "cpu" if project in INTERPRETED else "cuda")
                    if "returns no log-sum-exp" in reason:
                        continue
                    self.assertRegex(reason, r"^needs \w+, which is not installed$")
                    if project != "torch":
                        self.assertTrue(domain, "no kernel takes the whole contract")

    def test_one_file_a_project(self) -> None:
        files = {file.stem for file in (PACKAGE / "mlacheck" / "upstream").glob("*.py")}
        done = subprocess.run([PYTHON, "-c", "import mlacheck.upstream as u; print(*u.PROJECTS)"],
                              capture_output=True, text=True, check=True,
                              env=os.environ | {"PYTHONPATH": str(PACKAGE)})
        self.assertEqual({name for name in files if not name.startswith("_")},
                         set(done.stdout.split()))

    def test_the_program_understands_domains_and_names(self) -> None:
        for project in ("torch", "flashinfer", "vllm", "sglang", "aiter", "aiter_amd", "flash_mla"):
            with self.subTest(project=project), tempfile.TemporaryDirectory() as folder:
                report = Path(folder, "report.json")
                done = subprocess.run([PROGRAM, "sweep", "--subject", f"mlacheck.upstream.{project}",
                                       "--cases", "0", "--python", PYTHON, "--json", str(report)],
                                      capture_output=True, text=True, check=False)
                # A bad declaration is exit code 2. What cannot run here says why: no GPU, no project.
                self.assertEqual(done.returncode, 77, done.stdout + done.stderr)
                rows = json.loads(report.read_text())["rows"]
                self.assertTrue(rows)
                for row in rows:
                    self.assertRegex(row["unavailable"], r"no usable device|^needs \w+|no log-sum-exp")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
