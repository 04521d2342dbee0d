"""Every defect of the corpus has a mutant or a reason why not: `corpus.py SOURCE_FOLDER`.

tests/mutants/corpus-ids.txt lists the defects, not-transferred.txt the reasons. A further recipe of a
defect has a letter behind the id; a recipe that is no entry of the corpus has a name in words.
"""

import re
import sys
from pathlib import Path

from project import report, root_argument

IDS = "tests/mutants/corpus-ids.txt"
REASONS = "tests/mutants/not-transferred.txt"
ENTRY = re.compile(r"(BC-\d{3})[a-z]?")
REASON = re.compile(r"(\S+): \S.*")
WORDS = re.compile(r"(?!bc-)[a-z]+(-\w+)+")


def lines(root: Path, path: str) -> list[str]:
    return (root / path).read_text(encoding="utf-8").splitlines()


def repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def listed_ids(root: Path) -> tuple[list[str], list[str]]:
    found = [f"{IDS}: '{line}' where an id such as BC-001 was expected"
             for line in lines(root, IDS) if not re.fullmatch(r"BC-\d{3}", line)]
    ids = lines(root, IDS)
    return ids, found + [f"{IDS}: {name} twice" for name in repeated(ids)]


def reasons(root: Path, ids: set[str]) -> tuple[list[str], list[str]]:
    found, names = [], []
    for line in lines(root, REASONS):
        match = REASON.fullmatch(line)
        entry = ENTRY.fullmatch(match[1]) if match else None
        if not entry:
            found.append(f"{REASONS}: '{line}' where 'BC-001: reason' was expected")
        elif entry[1] not in ids:
            found.append(f"{REASONS}: {match[1]} is no entry of {IDS}")
        else:
            names.append(match[1])
    return names, found + [f"{REASONS}: {name} twice" for name in repeated(names)]


def recipes(root: Path, ids: set[str]) -> tuple[list[str], list[str]]:
    found, names = [], []
    for path in sorted(root.glob("tests/mutants/*/*.mutant")):
        entry = ENTRY.fullmatch(path.stem)
        if entry and entry[1] in ids:
            names.append(path.stem)
        elif entry or not WORDS.fullmatch(path.stem):
            found.append(f"{path.relative_to(root)}: neither an entry of {IDS} nor a name in words")
    return names, found + [f"{name}: recipes of two ops" for name in repeated(names)]


def violations(root: Path) -> list[str]:
    ids, found = listed_ids(root)
    transferred, wrong_recipes = recipes(root, set(ids))
    left, wrong_reasons = reasons(root, set(ids))
    found += wrong_recipes + wrong_reasons
    # Any recipe makes its entry a transferred one. A reason with a letter is about a further recipe.
    entries = {ENTRY.fullmatch(name)[1] for name in transferred}
    for name in sorted(set(ids)):
        if name not in entries and name not in left:
            found.append(f"{name}: neither a recipe nor a line in {REASONS}")
    for name in left:
        if name in entries or name in transferred:
            found.append(f"{name}: a recipe and a line in {REASONS}")
    return found


def main() -> int:
    root = root_argument()
    return report("meta.corpus", len(lines(root, IDS)), "defects", violations(root))


if __name__ == "__main__":
    sys.exit(main())
