"""mlacheck.check(): runs the program on one function, from a script or a test."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

from mlacheck._declare import Declaration
from mlacheck._errors import DeclarationError


@dataclasses.dataclass(frozen=True)
class Result:
    """What a sweep said of one function. `str()` is the report as a terminal shows it."""

    verdict: str  # the worst of its rows: "PASSED", "FAILED", "CRASHED", "TIMED_OUT", "SKIPPED", ...
    findings: tuple[dict[str, Any], ...]  # check, operand, kind and text of each
    case: Optional[str]  # the first failure's smallest case
    replay: Optional[str]  # the command that shows it again
    rows: tuple[dict[str, Any], ...]  # as in the JSON report
    text: str

    @property
    def passed(self) -> bool:
        return self.verdict == "PASSED"

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return self.text


# The worst first.
VERDICTS = ("ERROR", "TIMED_OUT", "CRASHED", "FAILED", "MISTRUSTED", "UNTESTED", "SKIPPED", "PASSED")


def find_program() -> str:
    """That of $MLACHECK, of this package, of the folder that it is installed or built in, or on PATH."""
    named = os.environ.get("MLACHECK")
    if named:
        return named
    package = Path(__file__).parent
    for candidate in (package / "bin/mlacheck", package.parents[2] / "bin/mlacheck",
                      package.parents[1] / "build/cpu/mlacheck"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    found = shutil.which("mlacheck")
    if found is None:
        raise FileNotFoundError("the program mlacheck: expected it on PATH, or its path in $MLACHECK")
    return found


def subject_path(declaration: Declaration) -> str:
    """What --subject has to say, so that a worker imports the same module."""
    module = sys.modules.get(declaration.module)
    spec = getattr(module, "__spec__", None)
    if spec is not None and "." in spec.name and importlib.util.find_spec(spec.name) is not None:
        return str(spec.name)
    file = getattr(module, "__file__", None)
    if file is None:
        raise DeclarationError(f"module {declaration.module!r} of variant '{declaration.variant}': expected one "
                               "with a file, which a worker can import")
    return str(Path(file).resolve())


def _declarations(function: Callable[..., Any]) -> Sequence[Declaration]:
    found: Sequence[Declaration] = getattr(function, "__mlacheck__", ())
    if not found:
        raise DeclarationError(f"{function!r}: expected a function under @mlacheck.subject(...)")
    return found


def check(function: Callable[..., Any], *, cases: int = 200, seed: int = 1, backend: Optional[str] = None,
          where: str = "", options: Sequence[str] = ()) -> Result:
    """Sweeps the function as `mlacheck sweep` does. `backend`: only this one, where it is declared for
    several. `options`: more words of that command."""
    if "mlacheck._worker" in sys.modules:
        raise RuntimeError("check() while a worker imports the module that calls it: expected the call under "
                           "if __name__ == \"__main__\": or in a test")
    found = [declaration for declaration in _declarations(function)
             if backend is None or declaration.backend == backend]
    if not found:
        raise DeclarationError(f"backend {backend!r}: expected one that the function is declared for")
    return sweep(found, cases=cases, seed=seed, where=where, options=options)


def sweep(declared: Sequence[Declaration], *, cases: int, seed: int, where: str = "",
          options: Sequence[str] = ()) -> Result:
    """The same for declarations of one module."""
    words = [find_program(), "sweep", "--subject", subject_path(declared[0]), "--python", sys.executable,
             "--cases", str(cases), "--seed", str(seed)]
    for option, values in (
            ("--op", [one.op for one in declared]), ("--variant", [one.variant for one in declared]),
            ("--backend", ["cpu.w32" if one.backend == "cpu" else one.backend for one in declared])):
        for value in dict.fromkeys(values):
            words += [option, value]
    if where:
        words += ["--where", where]
    # A worker finds what this process finds.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run([*words, "--json", str(report), *options], capture_output=True, text=True,
                              check=False, env={**os.environ, "PYTHONPATH": path})
        if not report.is_file() or not report.stat().st_size:
            raise RuntimeError(done.stderr.strip() or f"mlacheck ended with status {done.returncode}")
        rows = tuple(json.loads(report.read_text(encoding="utf-8"))["rows"])
    failures = [failure for row in rows for failure in row["failures"]]
    verdicts = [row["verdict"] for row in rows]
    first = failures[0] if failures else {}
    return Result(min(verdicts, key=VERDICTS.index, default="SKIPPED"),
                  tuple(finding for failure in failures for finding in failure["findings"]),
                  first.get("case"), first.get("replay"), rows, done.stdout)
