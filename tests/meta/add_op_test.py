"""Adding an op takes its folders, one CMake line and two sections, and no other file.

    add_op_test.py SOURCE_FOLDER CMAKE

Copies the repository into a scratch folder, adds the op of examples/op to it as its README says,
builds it, and runs its property, its tests and its mutants. What else an op may need shows as a failure
here.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import completeness
from project import files

SOURCE = Path()
CMAKE = ""
OP = "negate"
PROPERTY = "flipped_equals_plain"
TEMPLATE = "examples/op"
FOLDERS = ("kernels", "reference", "properties", "tests")


def copy_of_the_repository(root: Path) -> None:
    for path in files(SOURCE):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(SOURCE / path, root / path)


def add_the_op(root: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(root / TEMPLATE / folder, root / folder, dirs_exist_ok=True)
    for page in (root / TEMPLATE / "docs").glob("*.md"):
        with (root / "docs" / page.name).open("a", encoding="utf-8") as end:
            end.write(page.read_text(encoding="utf-8"))
    lines = root / "kernels/CMakeLists.txt"
    text = lines.read_text(encoding="utf-8")
    line = f"mlacheck_add_op({OP} PROPERTY {PROPERTY})\n"
    lines.write_text(text.replace("mlacheck_finish_ops()", line + "mlacheck_finish_ops()"),
                     encoding="utf-8")


def leave_out_what_others_have(root: Path) -> None:
    """The tests and the recipes that are neither the op's nor every op's, so that nobody builds them."""
    kept = {f"tests/ops/{OP}", "tests/ops/every_op", f"tests/mutants/{OP}"}
    for pattern in ("harness/*/*_test.cpp", "ops/*/*_test.cpp", "mutants/*/*.mutant"):
        for path in (root / "tests").glob(pattern):
            if str(path.relative_to(root).parent) not in kept:
                path.unlink()


def own_tests(root: Path) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in (root / f"tests/ops/{OP}").glob("*_test.cpp")]
    return [".".join(names) for text in texts
            for names in re.findall(r"^TEST\((\w+), (\w+)\)", text, re.MULTILINE)]


def must(*command: str | Path, **options: object) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False,  # type: ignore[call-overload]
                            **options)
    if result.returncode != 0:
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stdout[-6000:]}"
                             f"{result.stderr[-3000:]}")
    return str(result.stdout)


class AddAnOp(unittest.TestCase):
    def test_the_template_is_all_that_an_op_needs(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            build = root / "build/cpu"  # where the compiler cache knows everything but the op's units
            copy_of_the_repository(root)
            add_the_op(root)
            must(CMAKE, "--preset", "cpu", cwd=root)
            names = completeness.ctest_names(build)
            self.assertEqual(completeness.violations(root, names, ["cpu.w32", "cpu.w64"]), [])
            leave_out_what_others_have(root)
            must(CMAKE, "--build", build, "-j2", "--target", "mlacheck", "mlacheck_mutants",
                 "properties_test", "self_test")
            for name in (f"matches_reference.{OP}", PROPERTY):
                out = must(build / "properties_test", "--property", name, "--backend", "cpu.w32",
                           "--cases", "60")
                self.assertIn("[  PASSED  ] 1 test", out)
            own = own_tests(root)
            self.assertGreater(len(own), 0)
            out = must(build / "tests/self_test", f"--gtest_filter={':'.join([*own, f'*/{OP}'])}")
            for name in [*own, f"Ops/OpCases.DrawnAndRequiredOnesAreAdmissible/{OP}"]:
                self.assertIn(f"[       OK ] {name} ", out)
            # With a main check that fires, and a smallest case that is minimal.
            recipe, = (root / f"tests/mutants/{OP}").iterdir()
            out = must(build / "mlacheck", "mutants", "--only", recipe.stem)
            self.assertIn("1 mutants: 1 killed, 1 by their main check too, 1 with a minimal case", out)
            listing = must(build / "mlacheck", "list", "--op", OP)
            self.assertIn("flipped on cpu.w32", listing)
            must(build / "mlacheck", "cost", "--op", OP)

    def test_the_template_has_no_file_that_is_not_asked_for(self) -> None:
        asked = {piece.format(op=OP) for piece in completeness.PIECES}
        there = {str(path.relative_to(SOURCE / TEMPLATE))
                 for folder in FOLDERS for path in (SOURCE / TEMPLATE / folder).rglob("*")
                 if path.is_file() and path.suffix != ".mutant"}
        self.assertEqual(there, asked)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: add_op_test.py SOURCE_FOLDER CMAKE [unittest options]")
    SOURCE = Path(sys.argv.pop(1)).resolve()
    CMAKE = sys.argv.pop(1)
    unittest.main()
