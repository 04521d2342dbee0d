"""A recipe is named by what it breaks, and what has none has a reason: `recipes.py SOURCE_FOLDER`.

tests/mutants/not-transferred.txt has the defects of other projects that no recipe stands for.
"""

import re
import sys
from pathlib import Path

from project import report, root_argument

REASONS = "tests/mutants/not-transferred.txt"
REASON = re.compile(r"([\w-]+): \S.*")
WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def recipes(root: Path) -> list[Path]:
    return sorted(root.glob("tests/mutants/*/*.mutant"))


def violations(root: Path) -> list[str]:
    found = [f"{path.relative_to(root)}: expected a name in words, such as rows-dropped"
             for path in recipes(root) if not WORDS.fullmatch(path.stem)]
    names = [path.stem for path in recipes(root)]
    for line in (root / REASONS).read_text(encoding="utf-8").splitlines():
        match = REASON.fullmatch(line)
        if not match or not WORDS.fullmatch(match[1]):
            found.append(f"{REASONS}: '{line}' where 'rows-dropped: reason' was expected")
        else:
            names.append(match[1])
    return found + [f"{name}: {names.count(name)} times among recipes and reasons, expected once"
                    for name in sorted(set(names)) if names.count(name) > 1]


if __name__ == "__main__":
    sys.exit(report("meta.recipes", len(recipes(root_argument())), "recipes", violations(root_argument())))
