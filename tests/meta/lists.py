"""Lists that stand in several places say the same: `lists.py SOURCE_FOLDER`.

The folders and their arrows: CMakeLists.txt, LAYERS and TEXT in layering.py, the table of docs/architecture.md.
The checks: the names in harness/verdict/finding.hpp, docs/checks.md, the table of columns in README.md.
The recipes that break the tool: the folders of tests/mutants/tool, the table of docs/mutants.md, README.md.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from layering import LAYERS, TEXT
from project import report, root_argument

ARCHITECTURE = "docs/architecture.md"
TARGET = re.compile(r"^mlacheck_add_(?:library|executable)\(\s*(\w+)\s+SOURCES\s+([^)]*)\)", re.MULTILINE)
FMT = re.compile(r"^foreach\(target IN ITEMS ([^)]*)\)\n\s*target_link_libraries\(\$\{target\} PRIVATE "
                 r"\$\{MLACHECK_FMT\}\)",
                 re.MULTILINE)
FOLDER_ROW = re.compile(r"^\| `((?:harness/|kernels/|reference/|properties/|tests/ops/)[\w<>]+)` \|", re.MULTILINE)
NAMES = re.compile(r"kCheckNames\{([^}]*)\}")
COLUMN_NAMES = {"$": "cost", "=": "eq"}
# Not columns: what every run of a case may find, whatever the check.
NO_COLUMN = {"san", "exec", "trust"}
EXECUTOR = "mlacheck_cpu_executor"
# Sources that the build generates for them include more than their folders may.
GENERATED = {"mlacheck_kernels", "mlacheck_subjects"}


def text_of(root: Path, path: str) -> str:
    return (root / path).read_text(encoding="utf-8")


@dataclass
class Target:
    folder: str  # "harness/op/", "reference/"
    links: list[str]


def targets(root: Path) -> dict[str, Target]:
    """The libraries and programs that CMakeLists.txt makes of folders, by name, and those of cmake/."""
    found = {EXECUTOR: Target("harness/backends/cpu/", []),
             "mlacheck_kernels": Target("kernels/", ["mlacheck_op", EXECUTOR])}
    for name, rest in TARGET.findall(text_of(root, "CMakeLists.txt")):
        sources, _, links = rest.partition("LINK")
        first, second = sources.split()[0].split("/")[:2]
        folder = f"{first}/{second}/" if first == "harness" else f"{first}/"
        found[name if name == "mlacheck" else f"mlacheck_{name}"] = Target(folder, links.split())
    return found


def reachable(known: dict[str, Target], name: str) -> set[str]:
    """The folders of a target and of all that it links."""
    return {known[name].folder}.union(*(reachable(known, link) for link in known[name].links
                                        if link in known))


def arrow_problems(root: Path) -> list[str]:
    known = targets(root)
    own = {folder: arrows for folder, arrows, _ in LAYERS}
    with_target = {target.folder for target in known.values()}
    found = []
    for name, target in known.items():
        arrows = own.get(target.folder, [])
        there = reachable(known, name)
        found += [f"CMakeLists.txt: {name} does not link {arrow}, which {target.folder} may include"
                  for arrow in arrows if arrow in with_target and arrow not in there]
        found += [f"CMakeLists.txt: {name} links {link}, which {target.folder} may not include"
                  for link in target.links if link in known and name not in GENERATED
                  and not any(arrow.startswith(known[link].folder) for arrow in arrows)
                  and not known[link].folder.startswith(target.folder)]
    written = {known[name].folder for names in FMT.findall(text_of(root, "CMakeLists.txt"))
               for name in names.split()}
    found += [f"CMakeLists.txt: {folder} is linked with fmt or in TEXT, but not both"
              for folder in sorted(written ^ set(TEXT))]
    return found


def folder_problems(root: Path) -> list[str]:
    there = {f"harness/{path.name}" for path in (root / "harness").iterdir() if path.is_dir()}
    layers = {folder.rstrip("/") for folder, _, _ in LAYERS}
    rows = set(FOLDER_ROW.findall(text_of(root, ARCHITECTURE)))
    rows = {row for row in rows if row.startswith("harness/")}
    return ([f"{ARCHITECTURE}: a row for {row}, which is no folder" for row in sorted(rows - there)]
            + [f"{ARCHITECTURE}: no row for {folder}" for folder in sorted(there - rows)]
            + [f"LAYERS: {folder} is no folder" for folder in sorted(layers)
               if not (root / folder).is_dir()])


def check_problems(root: Path) -> list[str]:
    names = set(re.findall(r'"(\w+)"', NAMES.findall(text_of(root, "harness/verdict/finding.hpp"))[0]))
    headings = "\n".join(re.findall(r"^### (.*)$", text_of(root, "docs/checks.md"), re.MULTILINE))
    found = [f"docs/checks.md: no section for {name}" for name in sorted(names)
             if not re.search(rf"\b{name}\b", headings)]
    rows = re.findall(r"^\| (\d+|[$=]) \| [^|]+ \| \| (\d+|[$=]) \| ", text_of(root, "README.md"), re.MULTILINE)
    columns = {COLUMN_NAMES.get(column, f"K{column}") for row in rows for column in row}
    return found + [f"README.md: the table of columns and the checks differ by {name}"
                    for name in sorted(columns ^ (names - NO_COLUMN))]


def tool_problems(root: Path) -> list[str]:
    there: dict[str, int] = {}
    for path in (root / "tests/mutants/tool").glob("*/*.mutant"):
        there[path.parent.name] = there.get(path.parent.name, 0) + 1
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| \D", text_of(root, "docs/mutants.md"), re.MULTILINE)
    told = {part: int(count) for part, count, _ in rows}
    found = [f"docs/mutants.md: {part} of tests/mutants/tool: {told.get(part, 0)} recipes, there are "
             f"{there.get(part, 0)}" for part in sorted(told.keys() | there.keys())
             if told.get(part, 0) != there.get(part, 0)]
    whole = re.findall(r"(\d+) mutants of the tool itself", text_of(root, "README.md"))
    if whole != [str(sum(there.values()))]:
        found.append(f"README.md: {whole} mutants of the tool itself, there are {sum(there.values())}")
    return found


def violations(root: Path) -> list[str]:
    return arrow_problems(root) + folder_problems(root) + check_problems(root) + tool_problems(root)


if __name__ == "__main__":
    sys.exit(report("meta.lists", len(LAYERS), "folders", violations(root_argument())))
