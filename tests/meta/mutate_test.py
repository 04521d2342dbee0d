"""cmake/mutate.py on small trees: which file a recipe means, and which recipes it refuses."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MUTATE = Path(__file__).resolve().parents[2] / "cmake/mutate.py"
RECIPE = """summary: one is two
variant: plain
{kind}
file: {file}
<<<<
one
====
two
>>>>
"""


class Mutate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for path in ["kernels/op/op.kernel.h", "kernels/other/op.kernel.h",
                     "kernels/common/quantize.h"]:
            self.write(path, "zero\none\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def run_recipe(self, file, kind="checks: K1"):
        self.write("recipes/op/drop-rows.mutant", RECIPE.format(file=file, kind=kind))
        return subprocess.run(
            [sys.executable, "-B", MUTATE, "--root", self.root, "--recipes", self.root / "recipes",
             "--out", self.root / "out"], capture_output=True, text=True, check=False)

    def copies(self):
        folder = self.root / "out/drop-rows"
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8")
                for path in folder.rglob("*.h")}

    def test_files(self):
        for file, path in [("op.kernel.h", "kernels/op/op.kernel.h"),
                           ("other/op.kernel.h", "kernels/other/op.kernel.h"),
                           ("common/quantize.h", "kernels/common/quantize.h")]:
            with self.subTest(file=file):
                done = self.run_recipe(file)
                self.assertEqual((done.returncode, done.stdout), (0, "drop-rows\n"), done.stderr)
                self.assertEqual(self.copies().pop(path), "zero\ntwo\n")
                original = (self.root / path).read_text(encoding="utf-8")
                self.assertEqual(original, "zero\none\n")

    def test_the_unit_compiles_the_broken_variant_alone(self):
        self.run_recipe("op.kernel.h")
        unit = (self.root / "out/drop-rows/unit.cpp").read_text(encoding="utf-8")
        self.assertIn('#define MLACHECK_ONLY_VARIANT "plain"\n#include "kernels/op/op.subject.h"', unit)

    def refusal(self, file):
        done = self.run_recipe(file)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.copies(), {})
        return done.stderr

    def test_no_such_file(self):
        self.assertIn("there is no kernels/common/formats.h", self.refusal("common/formats.h"))
        self.assertIn("there is no kernels/op/op.host.h", self.refusal("op.host.h"))

    def test_other_folders(self):
        for file in ["../op.kernel.h", "kernels/common/quantize.h", "/etc/hosts"]:
            with self.subTest(file=file):
                self.assertIn("expected the name of a file", self.refusal(file))

    def test_text_occurs_once(self):
        for text, times in [("zero\n", 0), ("one\none\n", 2)]:
            with self.subTest(times=times):
                self.write("kernels/common/quantize.h", text)
                message = f"occurs {times} times in kernels/common/quantize.h"
                self.assertIn(message, self.refusal("common/quantize.h"))

    def test_mutant_or_control(self):
        self.assertEqual(self.run_recipe("op.kernel.h", "control: both are zero").returncode, 0)
        listing = (self.root / "out/list.cpp").read_text(encoding="utf-8")
        self.assertIn('"one is two", "", "both are zero", ', listing)
        for kind in ["reason: none", "checks: K1\ncontrol: both are zero"]:
            with self.subTest(kind=kind):
                done = self.run_recipe("op.kernel.h", kind)
                self.assertEqual(done.returncode, 1)
                self.assertIn("either a 'checks:' line", done.stderr)


if __name__ == "__main__":
    unittest.main()
