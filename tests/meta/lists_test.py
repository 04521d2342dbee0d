"""Takes a copy of the real lists apart, one entry at a time: meta.lists must name it."""

import shutil
import tempfile
import unittest
from pathlib import Path

import completeness
import lists
from layering import LAYERS

SOURCE = Path(__file__).resolve().parents[2]
# File, what stands there, what takes its place, what must be said of it.
PLANTED = (
    ("CMakeLists.txt", "LINK mlacheck_text CLI11::CLI11", "LINK CLI11::CLI11",
     "mlacheck_arguments does not link harness/text/"),
    ("CMakeLists.txt", "SOURCES harness/text/*.cpp)", "SOURCES harness/text/*.cpp LINK mlacheck_values)",
     "mlacheck_text links mlacheck_values"),
    ("CMakeLists.txt", "IN ITEMS mlacheck_op", "IN ITEMS mlacheck_sweep mlacheck_op", "harness/sweep/ is linked with"),
    ("CMakeLists.txt", "mlacheck_compare mlacheck_report", "mlacheck_report", "harness/compare/ is linked with"),
    ("docs/architecture.md", "| `harness/memory` |", "| `harness/memori` |", "no row for harness/memory"),
    ("docs/architecture.md", "| `harness/memory` |", "| `harness/memori` |", "harness/memori, which is no folder"),
    ("docs/checks.md", "### K13, ", "### ", "no section for K13"),
    ("README.md", "| $ | ", "| 21 | ", "differ by K21"),
    ("README.md", "| $ | ", "| 21 | ", "differ by cost"),
    ("README.md", "mutants of the tool itself", "1 mutants of the tool itself", "['1'] mutants of the tool"),
    ("docs/mutants.md", "| `memory` | ", "| `memory` | 9", "memory of tests/mutants/tool: 9"),
    ("harness/verdict/finding.hpp", '"K17",', '"K17", "K99",', "no section for K99"),
)


class Lists(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for path in {path for path, _, _, _ in PLANTED}:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / path, self.root / path)
        shutil.copytree(SOURCE / "tests/mutants/tool", self.root / "tests/mutants/tool")
        for layer, _, _ in LAYERS:
            (self.root / layer).mkdir(parents=True, exist_ok=True)

    def test_the_copy_is_right(self) -> None:
        self.assertEqual(lists.violations(self.root), [])

    def test_each_difference_is_named(self) -> None:
        for path, old, new, said in PLANTED:
            with self.subTest(path=path, old=old):
                text = (SOURCE / path).read_text(encoding="utf-8")
                self.assertIn(old, text)
                (self.root / path).write_text(text.replace(old, new, 1), encoding="utf-8")
                self.assertIn(said, "\n".join(lists.violations(self.root)))
                (self.root / path).write_text(text, encoding="utf-8")

    def test_a_folder_that_no_list_has(self) -> None:
        (self.root / "harness/new").mkdir()
        self.assertEqual(lists.violations(self.root), ["docs/architecture.md: no row for harness/new"])

    def test_a_python_test_that_nobody_runs(self) -> None:
        (self.root / "tests/cli").mkdir(parents=True)
        (self.root / "tests/cli/new_test.py").touch()
        command = ["python3", str(self.root / "tests/cli/new_test.py")]
        self.assertEqual(completeness.unrun_tests(self.root, [command]), [])
        self.assertEqual(completeness.unrun_tests(self.root, [["x"]]), ["tests/cli/new_test.py: ctest does not run it"])


if __name__ == "__main__":
    unittest.main()
