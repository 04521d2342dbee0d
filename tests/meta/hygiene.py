"""What no committed file may contain: `hygiene.py SOURCE_FOLDER`."""

import re
import sys
from pathlib import Path

from project import CXX_SUFFIXES, files, report, root_argument

# Split, so that this file does not break its own rules.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
DISABLED = re.compile(r"\bDISA" r"BLED_\w|\bGTEST_SKIP\(\)\s*;|if\s*\(\s*0\s*\)|^\s*#\s*if\s+0\b",
                      re.MULTILINE)
MACHINE_PATH = re.compile(
    r"(?<![\w.$)}/])/(home|root|work|workspace|tmp|mnt|srv|Users|media)/[\w.$-]")
MERGE_MARKER = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)

GUARD = re.compile(r"^#(pragma once|ifndef MLACHECK_\w+_H_)$", re.MULTILINE)

# What, pattern, only in C++ sources?
RULES = [
    ("an unfinished-work marker", UNFINISHED, False),
    ("a test or code that is switched off without a reason", DISABLED, True),
    ("an absolute path of one machine", MACHINE_PATH, False),
    ("a merge marker", MERGE_MARKER, False),
]


def violations_of(path: str, text: str) -> list[str]:
    found = []
    for what, pattern, cxx_only in RULES:
        if cxx_only and Path(path).suffix not in CXX_SUFFIXES:
            continue
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {what}: {match.group(0).strip()}")
    if Path(path).suffix in {".h", ".hpp"} and not GUARD.search(text):
        found.append(f"{path}:1: a header that cannot be included twice: #pragma once is missing")
    return found


def texts(root: Path) -> list[tuple[str, str]]:
    found = []
    for path in files(root):
        data = (root / path).read_bytes()
        if b"\0" not in data:
            found.append((path, data.decode("utf-8")))
    return found


def violations(root: Path) -> list[str]:
    return [line for path, text in texts(root) for line in violations_of(path, text)]


if __name__ == "__main__":
    sys.exit(report("meta.hygiene", len(texts(root_argument())), "files",
                    violations(root_argument())))
