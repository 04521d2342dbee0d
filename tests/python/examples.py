"""Sweeps examples/python and holds the verdicts to examples/python/expectations.toml.

    python3 tests/python/examples.py build/cpu/mlacheck numpy [PYTHON OF THE SUBJECTS]

Prints a table. Exit code 1 if an expectation is not met.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import tomllib

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "python"

Expected = str | list[str]


@dataclasses.dataclass(frozen=True)
class Outcome:
    op: str
    variant: str
    expected: Expected | None
    verdict: str
    cases: int
    found: list[str]
    seconds: float

    @property
    def met(self) -> bool:
        """A pass of fewer than three cases is none."""
        if self.expected is None:
            return False
        if self.expected == "passes":
            return self.verdict == "PASSED" and self.cases >= 3
        return self.verdict == "FAILED" and bool(set(self.expected) & set(self.found))

    def line(self) -> str:
        wanted = self.expected if isinstance(self.expected, str) else " ".join(self.expected or ["nothing"])
        got = f"{self.verdict} {' '.join(self.found)}".strip()
        return (f"{'ok  ' if self.met else 'NOT '} {self.op:17}{self.variant:41}{wanted:12}"
                f"{got:26}{self.cases:4}{self.seconds:7.1f}")


def expectations() -> dict[str, dict[str, Any]]:
    return tomllib.loads((FOLDER / "expectations.toml").read_text())


def outcome_of(op: str, row: dict[str, Any], expected: Expected | None, seconds: float) -> Outcome:
    found = [check for check, count in row["checks"].items() if count["failed"]]
    passed = row["counts"].get("PASSED", 0)
    return Outcome(op, row["variant"], expected, row["verdict"], passed, found, seconds)


def sweep(program: str, kind: str, op: str, python: str | None) -> list[Outcome]:
    """One sweep for each op. A row ends at its third failure: one check that was expected is enough."""
    entry = dict(expectations()[op])
    file = FOLDER / kind / entry.pop("file")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [program, "sweep", "--subject", str(file), "--cases-file",
                   str(FOLDER / "cases" / f"{op}.cases"), "--max-failures", "3", "--no-shrink",
                   "--json", str(report)]
        if kind == "torch":
            # A worker holds a context of the GPU and what torch loads.
            command += ["--jobs", "2", "--worker-gib", "32", "--load-seconds", "120"]
        if python is not None:
            command += ["--python", python]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.is_file():
            raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
        rows = json.loads(report.read_text())["rows"]
    seconds = (time.monotonic() - started) / max(len(rows), 1)
    outcomes = [outcome_of(op, row, entry.pop(row["variant"], None), seconds) for row in rows]
    missing = {"checks": {}, "counts": {}, "verdict": "not declared"}
    outcomes += [outcome_of(op, missing | {"variant": name}, expected, 0.0)
                 for name, expected in entry.items()]
    return outcomes


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3) or arguments[1] not in ("numpy", "torch"):
        print(__doc__, file=sys.stderr)
        return 2
    program, kind = arguments[:2]
    python = arguments[2] if len(arguments) == 3 else None
    print(f"{'':5}{'op':17}{'subject':41}{'expected':12}{'got':26}{'pass':>4}{'s':>7}")
    unmet = 0
    # Workers on a GPU spend most of their time on loading torch: all ops at once.
    at_once = len(expectations()) if kind == "torch" else 1
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        sweeps = [pool.submit(sweep, program, kind, op, python) for op in expectations()]
        for done in concurrent.futures.as_completed(sweeps) if kind == "torch" else sweeps:
            for outcome in done.result():
                print(outcome.line(), flush=True)
                unmet += not outcome.met
    print(f"{unmet} expectations not met" if unmet else "all expectations met")
    return 1 if unmet else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
