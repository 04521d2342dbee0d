"""The console script `mlacheck` of an installed package."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program of the wheel. Its workers run in this interpreter unless `--python` or
    $MLACHECK_PYTHON names another one."""
    program = Path(__file__).parent / "bin/mlacheck"
    os.environ.setdefault("MLACHECK_PYTHON", sys.executable)
    try:
        os.execv(program, [str(program), *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"mlacheck: {program}: {error.strerror}; expected the program of the wheel there")
