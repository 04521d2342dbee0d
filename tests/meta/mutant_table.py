"""The table of mutants in docs/mutants.md against the recipes in tests/mutants.

    mutant_table.py SOURCE_FOLDER mutants.json

writes what `mlacheck mutants --json mutants.json` found into the table: the checks that fired, and the
cases until the first did. How many of other projects' rules caught a mutant stays as it is.
"""

import json
import re
import sys
from pathlib import Path

PAGE = "docs/mutants.md"
HEADER = "| mutant | op | main | all checks that fired | cases | rules | defect |"


def recipes(root: Path) -> dict[str, tuple[str, str, str]]:
    """By id: op, main check and summary of each mutant; a control is none."""
    found = {}
    for path in sorted((root / "tests/mutants").glob("*/*.mutant")):
        text = path.read_text(encoding="utf-8")
        lines = dict(re.findall(r"^(summary|checks): (.*)$", text, re.MULTILINE))
        if "checks" in lines:
            found[path.stem] = (path.parent.name, lines["checks"].split()[0], lines["summary"])
    return found


def rows(page: list[str]) -> dict[int, list[str]]:
    """By line, counted from 0: the cells of each row of the table."""
    if HEADER not in page:
        return {}
    first = page.index(HEADER) + 2
    end = next((i for i in range(first, len(page)) if not page[i].startswith("|")), len(page))
    return {i: [cell.strip() for cell in page[i].strip("|").split(" | ")] for i in range(first, end)}


def problems(root: Path) -> list[str]:
    expected = recipes(root)
    page = (root / PAGE).read_text(encoding="utf-8").splitlines()
    found = []
    seen = []
    for line, cells in rows(page).items():
        name, op, main, _, _, _, defect = cells
        seen.append(name)
        if name not in expected:
            found.append(f"{PAGE}:{line + 1}: {name} is no mutant of tests/mutants")
        elif (op.strip("`"), main, defect) != expected[name]:
            found.append(f"{PAGE}:{line + 1}: {name}: its recipe says {' | '.join(expected[name])}")
    found += [f"{PAGE}: no row for {name}" for name in expected if name not in seen]
    found += [f"{PAGE}: {name} has several rows" for name in set(seen) if seen.count(name) > 1]
    for path in ("README.md", PAGE):
        text = (root / path).read_text(encoding="utf-8")
        found += [f"{path}: {count} mutants, there are {len(expected)}"
                  for count in re.findall(r"battery\*{0,2} \|(?: \|)? \*{0,2}\d+ of (\d+)", text)
                  if int(count) != len(expected)]
    return found


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} SOURCE_FOLDER mutants.json")
    root = Path(sys.argv[1])
    report = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))["mutants"]
    results = {row["id"]: row for row in report}
    page = (root / PAGE).read_text(encoding="utf-8").splitlines()
    rules = {cells[0]: cells[5] for cells in rows(page).values()}
    table = []
    for name, (op, check, summary) in sorted(recipes(root).items(), key=lambda r: (r[1][0], r[0])):
        result = results[name]
        fired = " ".join(sorted(result["fired"]))
        table.append(f"| {name} | `{op}` | {check} | {fired} | {result['cases_to_kill']} | "
                     f"{rules.get(name, '-')} | {summary} |")
    lines = sorted(rows(page))
    page[lines[0]:lines[-1] + 1] = table
    (root / PAGE).write_text("\n".join(page) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
