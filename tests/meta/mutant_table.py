"""The table of mutants that the program wrote (docs/mutants-table.md) against the recipes."""

import re
from pathlib import Path

PAGE = "docs/mutants-table.md"
HEADER = "| mutant | op | main | all checks that fired | cases | smallest | defect |"
GPU_PAGE = "docs/mutants.md"
GPU_HEADER = "| id | what it stands for | main check |"


def recipes(root: Path, only_gpu: bool = False) -> dict[str, tuple[str, str, str]]:
    """By id: op, main check and summary of each mutant that the CPU can show, or of the others; a control is none."""
    found = {}
    for path in sorted((root / "tests/mutants").glob("*/*.mutant")):
        text = path.read_text(encoding="utf-8")
        lines = dict(re.findall(r"^(summary|checks): (.*)$", text, re.MULTILINE))
        if "checks" in lines and ("\nbackend: cuda\n" in text) == only_gpu:
            found[path.stem] = (path.parent.name, lines["checks"].split()[0], lines["summary"])
    return found


def rows(page: list[str]) -> dict[int, list[str]]:
    """By line, counted from 0: the cells of each row of the table."""
    if HEADER not in page:
        return {}
    first = page.index(HEADER) + 2
    end = next((i for i in range(first, len(page)) if not page[i].startswith("|")), len(page))
    return {i: [cell.strip() for cell in page[i][2:-2].split(" | ")] for i in range(first, end)}


def gpu_problems(root: Path) -> list[str]:
    """A row for each mutant that only a GPU can show, as its recipe says."""
    expected = {name: f"| {name} | {summary} | {main} |"
                for name, (_, main, summary) in recipes(root, only_gpu=True).items()}
    page = (root / GPU_PAGE).read_text(encoding="utf-8").splitlines()
    first = page.index(GPU_HEADER) + 2 if GPU_HEADER in page else len(page)
    end = next((i for i in range(first, len(page)) if not page[i].startswith("|")), len(page))
    there = page[first:end]
    return ([f"{GPU_PAGE}: no row {row}" for row in expected.values() if there.count(row) != 1]
            + [f"{GPU_PAGE}: {row}: its recipe does not say so" for row in there if row not in expected.values()])


def problems(root: Path) -> list[str]:
    """A row for each mutant, as its recipe says. An op that has no row yet was not run yet: adding
    one takes no other page."""
    expected = recipes(root)
    page = (root / PAGE).read_text(encoding="utf-8").splitlines()
    found = []
    seen: list[str] = []
    ops: set[str] = set()
    for line, cells in rows(page).items():
        if len(cells) != 7:
            found.append(f"{PAGE}:{line + 1}: {len(cells)} cells, expected 7")
            continue
        name, op, main, _, _, _, defect = cells
        seen.append(name)
        ops.add(op.strip("`"))
        if name not in expected:
            found.append(f"{PAGE}:{line + 1}: {name} is no mutant of tests/mutants")
        elif (op.strip("`"), main, defect.replace("\\|", "|")) != expected[name]:
            found.append(f"{PAGE}:{line + 1}: {name}: its recipe says {' | '.join(expected[name])}")
    if not seen:
        found.append(f"{PAGE}: no row of a mutant")
    found += [f"{PAGE}: no row for {name}" for name, (op, _, _) in expected.items()
              if op in ops and name not in seen]
    found += [f"{PAGE}: {name} has several rows" for name in sorted(set(seen)) if seen.count(name) > 1]
    found += gpu_problems(root)
    measured = sum(op in ops for op, _, _ in expected.values())
    for path in ("README.md", "docs/mutants.md"):
        text = (root / path).read_text(encoding="utf-8")
        found += [f"{path}: {count} mutants, there are {measured}"
                  for count in re.findall(r"battery\*{0,2} \|(?: \|)? \*{0,2}\d+ of (\d+)", text)
                  if int(count) != measured]
    return found
