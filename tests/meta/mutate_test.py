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
        self.write("kernels/op/op.subject.h", "#pragma once\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def run_recipe(self, file, kind="checks: K1", target="cpu"):
        self.write("recipes/op/drop-rows.mutant", RECIPE.format(file=file, kind=kind))
        return self.run_mutate(target)

    def run_mutate(self, target, *more):
        return subprocess.run(
            [sys.executable, "-B", MUTATE, "--root", self.root, "--recipes", self.root / "recipes",
             "--out", self.root / "out", "--target", target, *more], capture_output=True, text=True,
            check=False)

    def listing(self):
        return (self.root / "out/list.cpp").read_text(encoding="utf-8")

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
        self.assertIn('"one is two", "", "both are zero", "", ', listing)
        for kind in ["reason: none", "checks: K1\ncontrol: both are zero"]:
            with self.subTest(kind=kind):
                done = self.run_recipe("op.kernel.h", kind)
                self.assertEqual(done.returncode, 1)
                self.assertIn("either a 'checks:' line", done.stderr)

    def test_what_only_a_gpu_can_show_is_no_mutant_of_the_cpu(self):
        kind = "checks: K16\nbackend: cuda"
        done = self.run_recipe("op.kernel.h", kind)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)
        self.assertNotIn("drop-rows", self.listing())
        done = self.run_recipe("op.kernel.h", kind, "cuda")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "op-gpu-0"), done.stderr)
        self.assertIn('"one is two", "K16", "", "", true, &mutant_drop_rows_table}', self.listing())

    def test_what_only_a_gpu_can_show_must_fit_its_source_everywhere(self):
        self.write("kernels/op/op.kernel.h", "zero\n")
        done = self.run_recipe("op.kernel.h", "checks: K16\nbackend: cuda")
        self.assertEqual(done.returncode, 1)
        self.assertIn("occurs 0 times in kernels/op/op.kernel.h", done.stderr)

    def test_other_checks_on_cuda(self):
        kind = "checks: K9\ncuda: racecheck K9"
        self.assertEqual(self.run_recipe("op.kernel.h", kind).returncode, 0)
        self.assertIn('"one is two", "K9", "", "", false, &', self.listing())
        self.assertEqual(self.run_recipe("op.kernel.h", kind, "cuda").returncode, 0)
        self.assertIn('"one is two", "racecheck K9", "", "", false, &', self.listing())

    def test_what_cuda_cannot_show_is_listed_with_its_reason(self):
        for kind, reason in (("checks: K9\ncuda: none, it is host code", "it is host code"),
                             ("checks: K9\nbackend: cpu.w64", "it is for cpu.w64")):
            with self.subTest(kind):
                done = self.run_recipe("op.kernel.h", kind, "cuda")
                self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)
                self.assertIn(f'"one is two", "K9", "{reason}", "", false, nullptr}}', self.listing())
                self.assertEqual(self.run_recipe("op.kernel.h", kind).stdout.strip(), "drop-rows")

    def test_bad_lines_of_backend_and_cuda(self):
        for kind, text in (("checks: K1\nbackend: gpu", "backend 'gpu': expected one of cpu.w32 cpu.w64 cuda hip"),
                           ("checks: K1\nbackend: cuda\ncuda: K2", "cuda 'K2': expected no such line"),
                           ("checks: K1\ncuda: none", "cuda 'none': expected 'none, <reason>' or the checks"),
                           ("checks: K1\ncuda: K1, K2", "cuda 'K1, K2': expected 'none, <reason>' or the checks"),
                           ("control: equal\ncuda: K1", "cuda 'K1': expected 'none, <reason>'"),
                           ("checks: K1\nbackend: hip\ntarget: gfx906",
                            "target 'gfx906': expected one of gfx90a gfx1030"),
                           ("checks: K1\ntarget: gfx90a", "target 'gfx90a': expected no such line")):
            with self.subTest(kind):
                done = self.run_recipe("op.kernel.h", kind, "cuda")
                self.assertEqual(done.returncode, 1)
                self.assertIn(text, done.stderr)

    def test_an_id_is_that_of_one_recipe_whatever_its_backend(self):
        self.write("recipes/other/drop-rows.mutant",
                   RECIPE.format(file="op.kernel.h", kind="checks: K1\nbackend: cuda"))
        done = self.run_recipe("op.kernel.h")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the id is that of", done.stderr)

    def test_a_unit_for_cuda_has_each_mutant_in_a_namespace_and_copies_of_its_own(self):
        self.write("kernels/op/op.subject.h", '#pragma once\n#include "kernels/op/op.host.h"\n'
                   "namespace mlacheck::MLACHECK_TARGET::op {\nauto routine = &plain;\n}\n")
        self.write("kernels/op/op.host.h", '#pragma once\n#include "kernels/common/quantize.h"\n'
                   "namespace mlacheck::MLACHECK_TARGET::op {\n"
                   "inline Status plain(const Call& call, LaunchContext& context) {\n}\none\n"
                   "auto step = &op::plain;\nauto address = &plain;\n}\n")
        for name in ("first-one", "second-one"):
            self.write(f"recipes/op/{name}.mutant", RECIPE.format(file="op.host.h", kind="checks: K1"))
        done = self.run_mutate("cuda")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "op-0"), done.stderr)
        unit = (self.root / "out/op-0.cu").read_text(encoding="utf-8")
        for name in ("first", "second"):
            self.assertIn(f'#define MLACHECK_TARGET mutant_{name}_one\n#define MLACHECK_ONLY_VARIANT "plain"\n'
                          f'#include "{name}-one/kernels/op/op.subject.h"', unit)
            folder = self.root / f"out/{name}-one/kernels/op"
            subject = (folder / "op.subject.h").read_text(encoding="utf-8")
            self.assertNotIn("#pragma once", subject)
            self.assertIn(f'#include "{name}-one/kernels/op/op.host.h"', subject)
            self.assertIn("&plain<>;", subject)
            host = (folder / "op.host.h").read_text(encoding="utf-8")
            self.assertIn('#include "kernels/common/quantize.h"', host)  # its text is the same for all
            self.assertIn("template <int = 0>\ninline Status plain(", host)
            self.assertIn("two\n", host)
            self.assertIn("auto step = &op::plain<>;\nauto address = &plain;\n", host)

    def test_what_only_hip_can_show_is_a_mutant_of_hip_alone(self):
        kind = "checks: K12\nbackend: hip\ntarget: gfx90a"
        for target in ("cpu", "cuda"):
            done = self.run_recipe("op.kernel.h", kind, target)
            self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)
            self.assertNotIn("drop-rows", self.listing())
        done = self.run_recipe("op.kernel.h", kind, "hip")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "op-0"), done.stderr)
        self.assertIn('"one is two", "K12", "", "gfx90a", true, &mutant_drop_rows_table}', self.listing())
        self.assertIn("MLACHECK_BACKEND_HIP 1", (self.root / "out/op-0.hip").read_text(encoding="utf-8"))
        done = self.run_recipe("op.kernel.h", "checks: K12", "hip")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)

    def test_a_recipe_for_hip_may_change_the_dialect(self):
        self.write("harness/device/hip/warp.h", "#pragma once\none MLACHECK_TARGET\n")
        self.write("kernels/op/op.subject.h",
                   '#pragma once\n#include "harness/device/hip/warp.h"\nMLACHECK_TARGET\n')
        file = "harness/device/hip/warp.h"
        self.assertIn("expected 'backend: hip' with it", self.refusal(file))
        self.write("recipes/op/drop-rows.mutant",
                   RECIPE.format(file=file, kind="checks: K1\nbackend: hip").replace("one\n=", "one MLACHECK_TARGET\n=")
                   .replace("two\n", "two MLACHECK_TARGET\n"))
        done = self.run_mutate("hip")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "op-0"), done.stderr)
        self.assertIn("two MLACHECK_TARGET", self.copies()[file])
        self.assertIn(f'#include "drop-rows/{file}"', self.copies()["kernels/op/op.subject.h"])

    def test_a_header_that_only_includes_copied_ones_is_copied(self):
        self.write("kernels/op/op.subject.h", '#pragma once\n#include "kernels/op/between.h"\n// MLACHECK_TARGET\n')
        self.write("kernels/op/between.h", '#pragma once\n#include "kernels/op/op.kernel.h"\n')
        self.write("kernels/op/op.kernel.h", "#pragma once\n// MLACHECK_TARGET\none\n")
        self.assertEqual(self.run_recipe("op.kernel.h", target="cuda").returncode, 0)
        copy = self.root / "out/drop-rows/kernels/op/between.h"
        self.assertIn('"drop-rows/kernels/op/op.kernel.h"', copy.read_text(encoding="utf-8"))

    def test_only_some_ops(self):
        done = self.run_recipe("op.kernel.h", target="cuda")
        self.assertEqual(done.stdout.strip(), "op-0")
        done = self.run_mutate("cuda", "--ops", "other")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)


if __name__ == "__main__":
    unittest.main()
