"""The table of mutants that the program wrote (docs/mutants-table.md) against the recipes."""

import re
from pathlib import Path

PAGE = "docs/mutants-table.md"
HEADER = "| mutant | op | main | all checks that fired | cases | smallest | defect |"


def recipes(root: Path) -> dict[str, tuple[str, str, str]]:
    """By id: op, main check and summary of each mutant that the CPU can show. A control is none."""
    found = {}
    for path in sorted((root / "tests/mutants").glob("*/*.mutant")):
        text = path.read_text(encoding="utf-8")
        lines = dict(re.findall(r"^(summary|checks|backend): (.*)$", text, re.MULTILINE))
        if "checks" in lines and lines.get("backend") not in ("cuda", "hip"):
            found[path.stem] = (path.parent.name, lines["checks"].split()[0], lines["summary"])
    return found


def rows(page: list[str]) -> dict[int, list[str]]:
    """By line, counted from 0: the cells of each row of the table."""
    if HEADER not in page:
        return {}
    first = page.index(HEADER) + 2
    end = next((i for i in range(first, len(page)) if not page[i].startswith("|")), len(page))
    return {i: [cell.strip() for cell in page[i][2:-2].split(" | ")] for i in range(first, end)}


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
    return found
