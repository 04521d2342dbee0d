"""Plants one violation of each rule in a small tree and expects exactly that one to be reported."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import completeness
import hygiene
import layering

BACKENDS = ["cpu.w32", "cuda"]


class PlantedTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")


class Layering(PlantedTree):
    def setUp(self):
        super().setUp()
        for path in ["harness/core/a.hpp", "harness/device/d.h", "harness/backends/b.hpp",
                     "reference/op.hpp", "properties/op.hpp", "kernels/op/op.kernel.h"]:
            self.write(path, "#include <cstdint>\n")

    def include(self, path, header):
        quoted = header if header[0] in '<"' else f'"{header}"'
        self.write(path, f"// A comment.\n#include {quoted}\n")
        return layering.violations(self.root)

    def test_clean_tree(self):
        self.assertEqual(layering.violations(self.root), [])

    def test_allowed_arrows(self):
        for path, header in [("reference/x.cpp", "<Eigen/Core>"),
                             ("reference/x.cpp", "harness/core/a.hpp"),
                             ("kernels/op/x.kernel.h", "harness/device/d.h"),
                             ("kernels/op/x.host.h", "<string>"),
                             ("properties/x.cpp", "<rapidcheck.h>"),
                             ("properties/x.cpp", "reference/op.hpp"),
                             ("tests/x.cpp", "kernels/op/op.kernel.h")]:
            with self.subTest(path=path, header=header):
                self.assertEqual(self.include(path, header), [])

    def test_forbidden_arrows(self):
        for path, header in [("reference/x.cpp", "kernels/op/op.kernel.h"),
                             ("reference/x.cpp", "harness/device/d.h"),
                             ("reference/x.cpp", "harness/backends/b.hpp"),
                             ("kernels/op/x.host.h", "<Eigen/Core>"),
                             ("kernels/op/x.host.h", "<unsupported/Eigen/FFT>"),
                             ("kernels/op/x.host.h", "<rapidcheck.h>"),
                             ("kernels/op/x.host.h", "reference/op.hpp"),
                             ("kernels/op/x.host.h", "properties/op.hpp"),
                             ("kernels/op/x.kernel.h", "<string>"),
                             ("harness/core/x.hpp", "<Eigen/Core>"),
                             ("harness/core/x.hpp", "<unistd.h>"),
                             ("harness/core/x.hpp", "harness/backends/b.hpp"),
                             ("harness/device/x.h", "harness/backends/b.hpp"),
                             ("properties/x.cpp", "kernels/op/op.kernel.h"),
                             ("properties/x.cpp", "harness/device/d.h"),
                             ("tests/x.cpp", "a.hpp"),
                             ("harness/core/x.hpp", "MACRO_HEADER"),
                             ("elsewhere/x.cpp", "<vector>")]:
            with self.subTest(path=path, header=header):
                if header == "MACRO_HEADER":
                    self.write(path, "#include MACRO_HEADER\n")
                    found = layering.violations(self.root)
                else:
                    found = self.include(path, header)
                (self.root / path).unlink()
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(path), found)

    def test_arrows_have_no_cycle(self):
        arrows = {folder: {o for o in own if o != folder} for folder, own, _ in layering.LAYERS}
        arrows = {folder: {a for a in own if a in arrows} for folder, own in arrows.items()}
        while arrows:
            leaves = [folder for folder, own in arrows.items() if not own & arrows.keys()]
            self.assertTrue(leaves, f"cycle among {sorted(arrows)}")
            for leaf in leaves:
                del arrows[leaf]


class Hygiene(unittest.TestCase):
    def test_clean_text(self):
        text = ("// See docs/bounds.md and https://example.org/home/page; todo lists are fine.\n"
                'GTEST_SKIP() << "needs a GPU";\nconst char* f = "build/root/x";\n')
        self.assertEqual(hygiene.violations_of("tests/a.cpp", text), [])

    def test_each_rule_fires(self):
        for line in ["// TO" + "DO: later", "// FIX" + "ME", "TEST(A, DISA" + "BLED_b) {}",
                     "GTEST_SKIP()" + ";", "if (" + "0) {", "#if" + " 0", "<" * 7 + " ours",
                     'open("/ho' + 'me/someone/x");', "// in /wo" + "rk/tree", "cp /tm" + "p/x y"]:
            with self.subTest(line=line):
                found = hygiene.violations_of("tests/a.cpp", f"int a;\n{line}\n")
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith("tests/a.cpp:2:"), found)


    def test_only_code_rules_spare_prose(self):
        self.assertEqual(hygiene.violations_of("docs/a.md", "Never write if (" + "0)."), [])
        self.assertEqual(len(hygiene.violations_of("docs/a.md", "TO" + "DO")), 1)


class Completeness(PlantedTree):
    def test_pieces(self):
        self.assertEqual(
            {piece.format(op="op") for piece in completeness.PIECES},
            {"kernels/op/op.kernel.h", "kernels/op/op.host.h", "kernels/op/op.subject.h",
             "reference/op.hpp", "reference/op.cpp", "properties/op.hpp", "properties/op.cpp"})
        self.assertEqual(completeness.SECTIONS, ["docs/contracts.md", "docs/bounds.md"])

    def setUp(self):
        super().setUp()
        for piece in completeness.PIECES:
            self.write(piece.format(op="op"), "")
        for document in completeness.SECTIONS:
            self.write(document, "# Title\n\n## `op`\n")
        self.write("kernels/CMakeLists.txt", "mlacheck_add_op(op PROPERTIES op_equals_other)\n")
        self.tests = {f"{name}.{backend}" for name in ["matches_reference.op", "op_equals_other"]
                      for backend in BACKENDS}

    def violations(self):
        return completeness.violations(self.root, self.tests, BACKENDS)

    def test_complete_tree(self):
        self.assertEqual(self.violations(), [])

    def test_each_missing_piece_is_named(self):
        for piece in completeness.PIECES:
            path = piece.format(op="op")
            with self.subTest(path=path):
                (self.root / path).unlink()
                self.assertEqual(self.violations(), [f"op: no {path}"])
                self.write(path, "")

    def test_missing_section(self):
        for document in completeness.SECTIONS:
            with self.subTest(document=document):
                self.write(document, "# Title\n\n## op_other\n\nop is mentioned.\n")
                self.assertEqual(self.violations(), [f"op: no section in {document}"])
                self.write(document, "## op\n")

    def test_missing_line(self):
        self.write("kernels/CMakeLists.txt", "# mlacheck_add_op(op)\n")
        self.assertEqual(self.violations(),
                         ["op: no line mlacheck_add_op(op) in kernels/CMakeLists.txt"])

    def test_line_without_folder(self):
        self.write("kernels/CMakeLists.txt",
                   "mlacheck_add_op(op PROPERTIES op_equals_other)\nmlacheck_add_op(ghost)\n")
        found = self.violations()
        self.assertEqual(len(found), len(completeness.PIECES) + len(completeness.SECTIONS) + 2)
        self.assertTrue(all(line.startswith("ghost: ") for line in found), found)

    def test_test_missing_for_one_backend(self):
        for name in sorted(self.tests):
            with self.subTest(name=name):
                self.tests.remove(name)
                self.assertEqual(self.violations(), [f"op: ctest does not know {name}"])
                self.tests.add(name)


class ExitStatus(PlantedTree):
    def run_check(self, script):
        return subprocess.run([sys.executable, str(Path(__file__).parent / script), str(self.root)],
                              capture_output=True, text=True, check=False).returncode

    def test_status_follows_violations(self):
        for script in ["layering.py", "hygiene.py"]:
            with self.subTest(script=script):
                self.write("harness/core/a.hpp", "#include <vector>\n")
                self.assertEqual(self.run_check(script), 0)
                self.write("harness/core/a.hpp", "#include <Eigen/Core>\n// TO" + "DO\n")
                self.assertEqual(self.run_check(script), 1)

    def test_nothing_to_check_is_a_failure(self):
        for script in ["layering.py", "hygiene.py"]:
            with self.subTest(script=script):
                self.assertEqual(self.run_check(script), 1)


if __name__ == "__main__":
    unittest.main()
