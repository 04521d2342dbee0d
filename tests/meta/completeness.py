"""Every op has all its pieces: `completeness.py SOURCE_FOLDER BUILD_FOLDER BACKEND...`.

BACKEND are those of the build: cpu.w32, cpu.w64, cuda, hip. The build's ctest must know each op's
properties for each of them.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from project import report, root_argument

PIECES = [
    "kernels/{op}/{op}.kernel.h",
    "kernels/{op}/{op}.host.h",
    "kernels/{op}/{op}.subject.h",
    "reference/{op}/oracle.hpp",
    "reference/{op}/oracle.cpp",
    "properties/{op}/model.hpp",
    "properties/{op}/model.cpp",
    "properties/{op}/required.cases",
    "tests/ops/{op}/cases_test.cpp",
    "tests/ops/{op}/oracle_audit_test.cpp",
    "tests/ops/{op}/host_test.cpp",
]
# A file of cases under another name would be compiled in and never run.
CASE_FILES = {"required.cases", "peer.cases"}
SECTIONS = ["docs/contracts.md", "docs/bounds.md"]
EQUIVALENCES = "docs/equivalences.md"
EQUIVALENCE = re.compile(r"E\d\d_|L\d_|strided_equals_copy\.")
EQUIVALENCE_ROW = re.compile(rf"^\| `((?:{EQUIVALENCE.pattern})\w+)` \|", re.MULTILINE)
LAST_EQUIVALENCE = 19
LAST_OF_LAYER = 7
# A recipe without checks is a control.
MUTANT = re.compile(r"^checks: ", re.MULTILINE)
CONTRACTS = "docs/contracts.md"
TILE_AXES = re.compile(r"tile_axes\(\) const override \{ return \{([^}]*)\}; \}")
TILES = re.compile(r"\bTiles: ([^.]*)\.")
ADD_OP = re.compile(r"^mlacheck_add_op\(\s*(\w+)(?:\s+PROPERTY\s+([\w\s]+))?\)", re.MULTILINE)


def op_folders(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "kernels").iterdir()
                  if path.is_dir() and path.name != "common")


def registered_ops(root: Path) -> dict[str, list[str]]:
    """The op and its own properties, for each mlacheck_add_op line."""
    text = (root / "kernels/CMakeLists.txt").read_text(encoding="utf-8")
    return {op: own.split() for op, own in ADD_OP.findall(text)}


def has_section(text: str, op: str) -> bool:
    return re.search(rf"^#+ .*(?<!\w){op}(?!\w)", text, re.MULTILINE) is not None


def equivalence_violations(root: Path, test_names: set[str], backends: list[str]) -> list[str]:
    """ctest runs what the tables of docs/equivalences.md list and nothing else: E01 to E19, L1 to L7."""
    path = root / EQUIVALENCES
    listed = set(EQUIVALENCE_ROW.findall(path.read_text(encoding="utf-8")) if path.is_file() else [])
    expected = ([f"E{number:02}" for number in range(1, LAST_EQUIVALENCE + 1)]
                + [f"L{number}" for number in range(1, LAST_OF_LAYER + 1)])
    found = [f"{EQUIVALENCES}: no row for {one}" for one in expected
             if not any(name.startswith(f"{one}_") for name in listed)]
    for backend in backends:
        known = {name.removesuffix(f".{backend}") for name in test_names
                 if EQUIVALENCE.match(name) and name.endswith(f".{backend}")}
        found += [f"{name}: ctest does not know {name}.{backend}" for name in sorted(listed - known)]
        found += [f"{EQUIVALENCES}: no row for {name}" for name in sorted(known - listed)]
    return found


def tile_violations(root: Path, op: str) -> list[str]:
    """The contract of an op names the tile axes that its model has, in the same order."""
    model, contracts = root / f"properties/{op}/model.cpp", root / CONTRACTS
    if not (model.is_file() and contracts.is_file()):
        return []
    axes = [re.findall(r'"(\w+)"', text) for text in TILE_AXES.findall(model.read_text(encoding="utf-8"))]
    section = re.search(rf"^## {op}$(.*?)(?=^## |\Z)", contracts.read_text(encoding="utf-8"),
                        re.MULTILINE | re.DOTALL)
    told = [re.findall(r"`(\w+)`", text) for text in TILES.findall(section[1] if section else "")]
    return [] if axes == told else [f"{op}: tiles {told} in {CONTRACTS}, {axes} in its model"]


def violations(root: Path, test_names: set[str], backends: list[str]) -> list[str]:
    found = []
    folders = op_folders(root)
    registered = registered_ops(root)
    for op in sorted(set(folders) | set(registered)):
        if op not in registered:
            found.append(f"{op}: no line mlacheck_add_op({op}) in kernels/CMakeLists.txt")
        for piece in PIECES:
            if not (root / piece.format(op=op)).is_file():
                found.append(f"{op}: no {piece.format(op=op)}")
        found += [f"properties/{op}/{path.name}: expected one of {' '.join(sorted(CASE_FILES))}"
                  for path in sorted((root / "properties" / op).glob("*.cases"))
                  if path.name not in CASE_FILES]
        recipes = (root / "tests/mutants" / op).glob("*.mutant")
        if not any(MUTANT.search(path.read_text(encoding="utf-8")) for path in recipes):
            found.append(f"{op}: no mutant in tests/mutants/{op}")
        for document in SECTIONS:
            path = root / document
            if not path.is_file() or not has_section(path.read_text(encoding="utf-8"), op):
                found.append(f"{op}: no section in {document}")
        found += tile_violations(root, op)
        for name in [f"matches_reference.{op}", *registered.get(op, [])]:
            for backend in backends:
                if f"{name}.{backend}" not in test_names:
                    found.append(f"{op}: ctest does not know {name}.{backend}")
    return found


def unrun_tests(root: Path, commands: list[list[str]]) -> list[str]:
    """Python tests that ctest knows nothing of; those of a GPU belong to builds that have it."""
    run = {word for command in commands for word in command}
    there = [*root.glob("tests/**/*_test.py"), *root.glob("bench/*_test.py")]
    return [f"{path.relative_to(root)}: ctest does not run it" for path in sorted(there)
            if str(path) not in run and not path.name.endswith("cuda_test.py")]


def ctest_tests(build: Path) -> list[dict[str, Any]]:
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True,
                             text=True, check=True)
    return json.loads(listing.stdout)["tests"]  # type: ignore[no-any-return]


def ctest_names(build: Path) -> set[str]:
    return {test["name"] for test in ctest_tests(build)}


def main() -> int:
    root = root_argument()
    build, backends = Path(sys.argv[2]), sys.argv[3:]
    if not backends:
        sys.exit("argument BACKEND: none given where at least one was expected")
    names = ctest_names(build)
    found = violations(root, names, backends) + equivalence_violations(root, names, backends)
    if not {"cuda", "hip"} & set(backends):  # Such builds leave out what the plain one has run.
        found += unrun_tests(root, [test.get("command", []) for test in ctest_tests(build)])
    return report("meta.completeness", len(op_folders(root)), "ops", found)


if __name__ == "__main__":
    sys.exit(main())
