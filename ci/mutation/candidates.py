"""Where a mutant can show: the variants whose code includes the file that it edits."""

import re
from dataclasses import dataclass
from pathlib import Path

INCLUDE = re.compile(r'^#include "(kernels/[^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Candidate:
    op: str
    variant: str


def included(root: Path, path: str, found: set[str]) -> set[str]:
    if path not in found:
        found.add(path)
        for name in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
            included(root, name, found)
    return found


def candidates(root: Path) -> dict[str, list[Candidate]]:
    """By file: the variants of the op whose folder it is in, or of all ops that share it."""
    users: dict[str, list[Candidate]] = {}
    for subject in sorted(root.glob("kernels/*/*.subject.h")):
        op = subject.parent.name
        variants = re.findall(r'has_variant\("(\w+)"\)', subject.read_text(encoding="utf-8"))
        for path in included(root, str(subject.relative_to(root)), set()):
            users.setdefault(path, []).extend(Candidate(op, variant) for variant in variants)
    return {path: [one for one in found if one.op == Path(path).parent.name] or found
            for path, found in users.items()}
