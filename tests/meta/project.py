"""What the checks of this folder share: the files of a source tree, and how a check reports."""

import subprocess
import sys
from pathlib import Path

CXX_SUFFIXES = {".cpp", ".hpp", ".h", ".cu"}


def files(root: Path) -> list[str]:
    """Paths below root of everything that is or could be committed; build outputs are neither."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        found = [path for path in listing.stdout.splitlines() if (root / path).is_file()]
    else:  # An unpacked archive.
        found = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        found = [path for path in found if not path.startswith(("build/", ".git/"))]
    return sorted(found)


def cxx_files(root: Path) -> list[str]:
    return [path for path in files(root) if Path(path).suffix in CXX_SUFFIXES]


def report(name: str, checked: int, unit: str, violations: list[str]) -> int:
    """Prints the outcome and returns the exit status. A check that looked at nothing fails."""
    for violation in violations:
        print(violation)
    if checked == 0:
        print(f"{name}: found no {unit} to check")
        return 1
    print(f"{name}: {checked} {unit}, {len(violations)} violations")
    return 1 if violations else 0


def root_argument() -> Path:
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} SOURCE_FOLDER ...")
    return Path(sys.argv[1]).resolve()
