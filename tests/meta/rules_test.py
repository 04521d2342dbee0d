"""Plants one violation of each rule in a small tree and expects exactly that one to be reported."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import completeness
import hygiene
import layering
import recipes

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
        for path in ["harness/op/a.hpp", "harness/device/d.h", "harness/backends/b.hpp",
                     "reference/op/oracle.hpp", "properties/op/model.hpp", "kernels/op/op.kernel.h"]:
            self.write(path, "#include <cstdint>\n")

    def include(self, path, header):
        quoted = header if header[0] in '<"' else f'"{header}"'
        self.write(path, f"// A comment.\n#include {quoted}\n")
        return layering.violations(self.root)

    def test_clean_tree(self):
        self.assertEqual(layering.violations(self.root), [])

    def test_installed_headers_include_each_other_by_name(self):
        self.write("harness/abi/subject.h", "#include <stdint.h>\n")
        self.assertEqual(self.include("harness/abi/adapt.hpp", '"subject.h"'), [])
        self.assertEqual(self.include("harness/abi/adapt.hpp", '"other.h"'),
                         ['harness/abi/adapt.hpp:2: "other.h" is not a path from the repository root'])
        self.write("harness/op/subject.h", "")
        self.assertIn('harness/op/x.hpp:2: "subject.h" is not a path from the repository root',
                      self.include("harness/op/x.hpp", '"subject.h"'))

    def test_allowed_arrows(self):
        for path, header in [("reference/x.cpp", "<Eigen/Core>"),
                             ("reference/x.cpp", "harness/op/a.hpp"),
                             ("kernels/op/x.kernel.h", "harness/device/d.h"),
                             ("kernels/op/x.host.h", "<string>"),
                             ("harness/report/json.cpp", "<nlohmann/json.hpp>"),
                             ("harness/report/x.cpp", "<fmt/core.h>"),
                             ("properties/x.cpp", "reference/op/oracle.hpp"),
                             ("tests/x.cpp", "kernels/op/op.kernel.h")]:
            with self.subTest(path=path, header=header):
                self.assertEqual(self.include(path, header), [])

    def test_an_overlay_is_held_to_the_rules_of_where_it_goes(self):
        kernel = "examples/op/kernels/new/new.host.h"
        self.write("examples/op/kernels/new/new.kernel.h", "#include <cstdint>\n")
        self.assertEqual(self.include(kernel, "kernels/new/new.kernel.h"), [])
        self.assertEqual(len(self.include(kernel, "reference/op/oracle.hpp")), 1)
        self.assertEqual(len(self.include(kernel, "<Eigen/Core>")), 1)

    def test_forbidden_arrows(self):
        for path, header in [("reference/x.cpp", "kernels/op/op.kernel.h"),
                             ("reference/x.cpp", "harness/device/d.h"),
                             ("reference/x.cpp", "harness/backends/b.hpp"),
                             ("kernels/op/x.host.h", "<Eigen/Core>"),
                             ("kernels/op/x.host.h", "<unsupported/Eigen/FFT>"),
                             ("kernels/op/x.host.h", "<rapidcheck.h>"),
                             ("harness/sweep/x.cpp", "<rapidcheck.h>"),
                             ("harness/report/x.cpp", "<nlohmann/json.hpp>"),
                             ("harness/report/x.hpp", "<fmt/core.h>"),
                             ("harness/report/x.cpp", "<fmt/ranges.h>"),
                             ("kernels/op/x.host.h", "<fmt/core.h>"),
                             ("harness/report/json.hpp", "<nlohmann/json_fwd.hpp>"),
                             ("kernels/op/x.host.h", "reference/op/oracle.hpp"),
                             ("kernels/op/x.host.h", "properties/op/model.hpp"),
                             ("kernels/op/x.kernel.h", "<string>"),
                             ("harness/values/x.hpp", "<Eigen/Core>"),
                             ("harness/values/x.hpp", "<unistd.h>"),
                             ("harness/values/x.hpp", "harness/backends/b.hpp"),
                             ("harness/device/x.h", "harness/backends/b.hpp"),
                             ("properties/x.cpp", "kernels/op/op.kernel.h"),
                             ("properties/x.cpp", "harness/device/d.h"),
                             ("tests/x.cpp", "a.hpp"),
                             ("harness/values/x.hpp", "MACRO_HEADER"),
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

    def test_ops_know_nothing_of_each_other(self):
        chunked, merge = "kernels/chunked_context/x.host.h", "kernels/merge_states/m.host.h"
        layer, oracle = "kernels/prefill_context/x.host.h", "reference/prefill_context/x.cpp"
        decode = "reference/mla_decode/x.hpp"
        there = ["kernels/b/b.host.h", merge, decode, "kernels/common/c.h", "reference/b/oracle.hpp",
                 "properties/b/model.hpp", "tests/ops/b/b.hpp", "tests/ops/common/c.hpp"]
        for path in there:
            self.write(path, "#include <cstdint>\n")
        for path, header, allowed in [("kernels/a/x.host.h", "kernels/b/b.host.h", False),
                                      ("kernels/b/x.host.h", "kernels/b/b.host.h", True),
                                      ("kernels/a/x.host.h", "kernels/common/c.h", True),
                                      ("kernels/common/x.h", "kernels/b/b.host.h", False),
                                      ("reference/a/x.cpp", "reference/b/oracle.hpp", False),
                                      ("properties/a/x.cpp", "reference/b/oracle.hpp", False),
                                      ("properties/a/x.cpp", "properties/b/model.hpp", False),
                                      ("properties/b/x.cpp", "reference/b/oracle.hpp", True),
                                      ("tests/ops/a/x_test.cpp", "tests/ops/b/b.hpp", False),
                                      ("tests/ops/a/x_test.cpp", "properties/b/model.hpp", False),
                                      ("tests/ops/a/x_test.cpp", "tests/ops/common/c.hpp", True),
                                      ("tests/ops/every_op/x_test.cpp", "properties/b/model.hpp", False),
                                      ("tests/ops/common/x_test.cpp", "reference/b/oracle.hpp", False),
                                      ("tests/equivalences/x.cpp", "properties/b/model.hpp", True),
                                      ("examples/op/kernels/a/x.host.h", "kernels/b/b.host.h", False),
                                      (chunked, merge, True), (chunked, "kernels/b/b.host.h", False),
                                      (merge, chunked, False), (layer, merge, True), (layer, chunked, True),
                                      (layer, "kernels/b/b.host.h", False), (oracle, decode, True),
                                      (oracle, "reference/b/oracle.hpp", False)]:
            with self.subTest(path=path, header=header):
                self.write(chunked, "")
                found = self.include(path, header)
                (self.root / path).write_text("", encoding="utf-8")
                self.assertEqual(len(found), 0 if allowed else 1, found)

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
                'GTEST_SKIP() << "needs a GPU";\nconst char* f = "build/ro' + 'ot/x";\n')
        self.assertEqual(hygiene.violations_of("tests/a.cpp", text), [])

    def test_each_rule_fires(self):
        for line in ["// TO" + "DO: later", "// FIX" + "ME", "TEST(A, DISA" + "BLED_b) {}",
                     "GTEST_SKIP()" + ";", "if (" + "0) {", "#if" + " 0", "<" * 7 + " ours",
                     'open("/ho' + 'me/someone/x");', "// in /wo" + "rk/tree", "cp /tm" + "p/x y"]:
            with self.subTest(line=line):
                found = hygiene.violations_of("tests/a.cpp", f"int a;\n{line}\n")
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith("tests/a.cpp:2:"), found)

    def test_headers_need_a_guard(self):
        for path in ["kernels/a.h", "harness/a.hpp"]:
            self.assertEqual(len(hygiene.violations_of(path, "int a;\n")), 1, path)
            for guard in ["#pragma once", "#ifndef MLACHECK_SUBJECT_H_"]:
                self.assertEqual(hygiene.violations_of(path, f"// a\n{guard}\n"), [])
        self.assertEqual(hygiene.violations_of("harness/a.cpp", "int a;\n"), [])

    def test_only_code_rules_spare_prose(self):
        self.assertEqual(hygiene.violations_of("docs/a.md", "Never write if (" + "0)."), [])
        self.assertEqual(len(hygiene.violations_of("docs/a.md", "TO" + "DO")), 1)


class Completeness(PlantedTree):
    def test_pieces(self):
        self.assertEqual(
            {piece.format(op="op") for piece in completeness.PIECES},
            {"kernels/op/op.kernel.h", "kernels/op/op.host.h", "kernels/op/op.subject.h",
             "reference/op/oracle.hpp", "reference/op/oracle.cpp", "properties/op/model.hpp",
             "properties/op/model.cpp", "properties/op/required.cases", "tests/ops/op/cases_test.cpp",
             "tests/ops/op/oracle_audit_test.cpp", "tests/ops/op/host_test.cpp"})
        self.assertEqual(completeness.SECTIONS, ["docs/contracts.md", "docs/bounds.md"])

    def setUp(self):
        super().setUp()
        for piece in completeness.PIECES:
            self.write(piece.format(op="op"), "")
        self.write("tests/mutants/op/x.mutant", "summary: x\nchecks: K1\n")
        for document in completeness.SECTIONS:
            self.write(document, "# Title\n\n## `op`\n")
        self.write("kernels/CMakeLists.txt", "mlacheck_add_op(op PROPERTY op_equals_other)\n")
        self.tests = {f"{name}.{backend}" for name in ["matches_reference.op", "op_equals_other"]
                      for backend in BACKENDS}

    def violations(self):
        return completeness.violations(self.root, self.tests, BACKENDS)

    def test_complete_tree(self):
        self.assertEqual(self.violations(), [])

    def test_equivalences(self):
        names = ([f"E{number:02}_x" for number in range(1, 20)] + [f"L{number}_x" for number in range(1, 8)]
                 + ["strided_equals_copy.bf16"])
        rows = [f"| `{name}` | x |\n" for name in names]
        tests = {f"{name}.{backend}" for name in names for backend in BACKENDS}

        def found(rows, tests):
            self.write(completeness.EQUIVALENCES, "".join(rows))
            return completeness.equivalence_violations(self.root, tests, BACKENDS)

        self.assertEqual(found(rows, tests), [])
        self.assertEqual(found(rows, tests - {"E07_x.cuda"}), ["E07_x: ctest does not know E07_x.cuda"])
        no_row = f"{completeness.EQUIVALENCES}: no row for "
        self.assertEqual(found(rows, tests | {"E07_y.cuda"}), [f"{no_row}E07_y"])
        self.assertIn(f"{no_row}E19", found(rows[:18] + rows[19:], tests))
        self.assertIn(f"{no_row}L7", found(rows[:25] + rows[26:], tests))

    def test_each_missing_piece_is_named(self):
        for piece in completeness.PIECES:
            path = piece.format(op="op")
            with self.subTest(path=path):
                (self.root / path).unlink()
                self.assertEqual(self.violations(), [f"op: no {path}"])
                self.write(path, "")

    def test_a_control_is_no_mutant(self):
        self.write("tests/mutants/op/x.mutant", "summary: x\ncontrol: the same\n")
        self.assertEqual(self.violations(), ["op: no mutant in tests/mutants/op"])

    def test_tiles_that_the_contract_names_otherwise(self):
        self.write("properties/op/model.cpp",
                   'std::vector<std::string> tile_axes() const override { return {"V", "H"}; }')
        for tiles in ("", "Tiles: `V`, `N`. K10: `H`.\n"):
            self.write("docs/contracts.md", f"## op\n\n{tiles}\n## other\n\nTiles: `V`, `H`.\n")
            self.assertEqual(len(self.violations()), 1, tiles)
        self.write("docs/contracts.md", "## op\n\nTiles: `V`, `H` (heads). K10: `x`.\n")
        self.assertEqual(self.violations(), [])

    def test_cases_in_a_file_that_nobody_reads(self):
        self.write("properties/op/peer.cases", "")
        self.assertEqual(self.violations(), [])
        self.write("properties/op/requird.cases", "")
        self.assertEqual(self.violations(), [("properties/op/requird.cases: expected one of peer.cases "
                                             "required.cases")])

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
                   "mlacheck_add_op(op PROPERTY op_equals_other)\nmlacheck_add_op(ghost)\n")
        found = self.violations()
        self.assertEqual(len(found), len(completeness.PIECES) + len(completeness.SECTIONS) + 3)
        self.assertTrue(all(line.startswith("ghost: ") for line in found), found)

    def test_test_missing_for_one_backend(self):
        for name in sorted(self.tests):
            with self.subTest(name=name):
                self.tests.remove(name)
                self.assertEqual(self.violations(), [f"op: ctest does not know {name}"])
                self.tests.add(name)


class Recipes(PlantedTree):
    def setUp(self):
        super().setUp()
        self.write(recipes.REASONS, "too-large: needs 8 GiB\n")
        self.write("tests/mutants/op/rows-dropped.mutant", "")

    def test_clean_tree(self):
        self.assertEqual(recipes.violations(self.root), [])

    def test_each_rule_fires(self):
        for path, text in [("tests/mutants/op/BC-001.mutant", ""), ("tests/mutants/op/mutant.mutant", ""),
                           ("tests/mutants/other/rows-dropped.mutant", ""),
                           ("tests/mutants/op/too-large.mutant", ""), (recipes.REASONS, "too-large:\n"),
                           (recipes.REASONS, "BC-004: unknown\n"), (recipes.REASONS, "no name\n"),
                           (recipes.REASONS, "rows-dropped: too large\n"),
                           (recipes.REASONS, "too-large: x\ntoo-large: y\n")]:
            with self.subTest(path=path, text=text):
                self.write(path, text)
                self.assertEqual(len(recipes.violations(self.root)), 1)
                (self.root / path).unlink()
                self.write(recipes.REASONS, "too-large: needs 8 GiB\n")


class ExitStatus(PlantedTree):
    def run_check(self, script):
        return subprocess.run([sys.executable, str(Path(__file__).parent / script), str(self.root)],
                              capture_output=True, text=True, check=False).returncode

    def test_status_follows_violations(self):
        for script in ["layering.py", "hygiene.py"]:
            with self.subTest(script=script):
                self.write("harness/op/a.hpp", "#pragma once\n#include <vector>\n")
                self.assertEqual(self.run_check(script), 0)
                self.write("harness/op/a.hpp", "#pragma once\n#include <Eigen/Core>\n// TO" + "DO\n")
                self.assertEqual(self.run_check(script), 1)

    def test_nothing_to_check_is_a_failure(self):
        for script in ["layering.py", "hygiene.py"]:
            with self.subTest(script=script):
                self.assertEqual(self.run_check(script), 1)


if __name__ == "__main__":
    unittest.main()
