"""The counts of mutants in docs/mutants.md and README.md against the recipes."""

import re
from pathlib import Path

PAGE = "docs/mutants.md"
HEADER = "| op | mutants, CPU | only on a GPU | only on HIP |"
ROW = re.compile(r"\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|")
BACKEND = re.compile(r"^backend: (\w+)", re.MULTILINE)


def recipes(root: Path) -> dict[str, tuple[int, int, int]]:
    """By op: how many mutants the CPU can show, how many only CUDA can, and how many only HIP. A control is none."""
    found: dict[str, tuple[int, int, int]] = {}
    for path in sorted((root / "tests/mutants").glob("*/*.mutant")):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"^checks: ", text, re.MULTILINE):
            continue
        line = BACKEND.search(text)
        backend = line[1] if line else "cpu"
        cpu, cuda, hip = found.get(path.parent.name, (0, 0, 0))
        found[path.parent.name] = (cpu + (backend == "cpu"), cuda + (backend == "cuda"), hip + (backend == "hip"))
    return found


def table(root: Path) -> list[str]:
    """The rows of the table of counts."""
    page = (root / PAGE).read_text(encoding="utf-8").splitlines()
    first = page.index(HEADER) + 2 if HEADER in page else len(page)
    end = next((i for i in range(first, len(page)) if not page[i].startswith("|")), len(page))
    return page[first:end]


def problems(root: Path) -> list[str]:
    """A row says what its op's recipes say. An op that has no row yet was not run yet: adding one takes
    no other page."""
    expected = recipes(root)
    found = []
    rows: dict[str, tuple[int, int, int]] = {}
    for line in table(root):
        row = ROW.fullmatch(line)
        if not row or row[1] in rows:
            found.append(f"{PAGE}: {line}: expected one row '| `op` | number | number | number |' for each op")
            continue
        rows[row[1]] = (int(row[2]), int(row[3]), int(row[4]))
        if rows[row[1]] != expected.get(row[1]):
            found.append(f"{PAGE}: {line}: the recipes say {expected.get(row[1])}")
    if not rows:
        found.append(f"{PAGE}: no row of counts")
    measured = sum(expected[op][0] for op in rows if op in expected)
    counts = re.findall(r"battery +\| \d+ of (\d+) +\|", (root / "README.md").read_text(encoding="utf-8"))
    if [int(count) for count in counts] != [measured]:
        found.append(f"README.md: the battery's row is about {counts} mutants, there are {measured}")
    return found
