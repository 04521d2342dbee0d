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

from mlacheck import _terms
from mlacheck._declare import BACKENDS, Declaration
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
VERDICTS = ("ERROR", "TIMED_OUT", "CRASHED", "FAILED", "MISTRUSTED", "UNTESTED", "INTERRUPTED", "SKIPPED", "PASSED")


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
    if file is None or not Path(file).is_file():  # a notebook, or "<stdin>"
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
    """Sweeps a declared function as `mlacheck sweep` does, in processes of its own, and waits for the end.

    function: one under @mlacheck.subject, of a module that has a file. Its operands are drawn: which shapes,
    strides and element types they have is the contract of the op and the domain of the declaration.
    cases: drawn for each row, beside those that the op requires. seed: of the drawn cases, from 0 to 2^64 - 1.
    backend: "cpu" or "cuda", where the function is declared for both. where: terms that narrow the domain.
    options: more words of the command, such as ["--max-failures", "1"].

    Returns a Result, which is true if everything passed. Raises DeclarationError for a function that is not
    declared or an argument that makes no sense, RuntimeError with the line that the program printed if it ran
    nothing, FileNotFoundError if there is no program.
    """
    _terms.expect_int("cases", cases, 0, 10**9)
    _terms.expect_int("seed", seed, 0, 2**64 - 1)
    _terms.expect_text("where", where, "terms of docs/domains.md")
    if isinstance(options, str) or not all(isinstance(word, str) for word in _sequence(options)):
        raise _terms.wrong("options", options, "a list of words")
    if backend is not None:
        _terms.expect("backend", backend, BACKENDS)
    if "mlacheck._worker" in sys.modules:
        raise RuntimeError("check() while a worker imports the module that calls it: expected the call under "
                           "if __name__ == \"__main__\": or in a test")
    found = [declaration for declaration in _declarations(function)
             if backend is None or declaration.backend == backend]
    if not found:
        raise DeclarationError(f"backend {backend!r}: expected one that the function is declared for")
    return sweep(found, cases=cases, seed=seed, where=where, options=options)


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else (None,)


def sweep(declared: Sequence[Declaration], *, cases: Optional[int], seed: int, where: str = "",
          options: Sequence[str] = (), seconds: Optional[float] = None) -> Result:
    """The same for declarations of one module. `seconds`: for all rows together, in place of `cases`."""
    words = [find_program(), "sweep", "--subject", subject_path(declared[0]), "--python", sys.executable,
             "--seed", str(seed)]
    words += ["--cases", str(cases)] if seconds is None else ["--seconds", f"{seconds:g}"]
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
            said = done.stderr.strip()
            for one in declared:
                if said.startswith(f"mlacheck: variant '{one.variant}': expected one of"):
                    raise DeclarationError(f"variant '{one.variant}' at {one.place}: importing "
                                           f"{Path(one.file).name} does not declare it, expected a declaration at "
                                           "the top level of a module")
            raise RuntimeError(said or f"mlacheck ended with status {done.returncode}")
        said = json.loads(report.read_text(encoding="utf-8"))
    rows = tuple(said["rows"])
    failures = [failure for row in rows for failure in row["failures"]]
    verdicts = [row["verdict"] for row in rows] + ["INTERRUPTED"] * bool(said["interrupted"])
    first = failures[0] if failures else {}
    return Result(min(verdicts, key=VERDICTS.index, default="SKIPPED"),
                  tuple(finding for failure in failures for finding in failure["findings"]),
                  first.get("case"), first.get("replay"), rows, done.stdout)
