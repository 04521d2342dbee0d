"""pytest: each declared subject that a test module defines or imports is swept once, and each of its checks is
a test (docs/python.md)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

import pytest

from mlacheck import _check, _checks, _device_lock
from mlacheck._declare import Declaration

CASES = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mlacheck")
    group.addoption("--mlacheck-cases", type=int, default=None, metavar="N",
                    help=f"cases of each subject (default: {CASES})")
    group.addoption("--mlacheck-seconds", type=float, default=None, metavar="S",
                    help="time for the drawn cases of each subject, in place of their number")
    group.addoption("--mlacheck-seed", type=int, default=1, metavar="N", help="seed of the drawn cases (default: 1)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--mlacheck-cases") is not None and config.getoption("--mlacheck-seconds") is not None:
        raise pytest.UsageError("--mlacheck-cases and --mlacheck-seconds: expected one of them")
    config.addinivalue_line("markers", "mlacheck: a check of a subject by mlacheck")
    config.addinivalue_line("markers", "mlacheck_cuda: a check of a subject on a GPU by mlacheck")
    for check, about in _checks.CHECKS.items():
        config.addinivalue_line("markers", f"mlacheck_{check}: {about}")
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group: tests that one process runs, with --dist loadgroup")


class Failed(Exception):
    """Carries the report of a check's findings."""


class Sweep:
    """One run of the battery, which the tests of a subject share, also those of other processes of
    pytest-xdist."""

    def __init__(self, config: pytest.Config, declaration: Declaration, name: str) -> None:
        self._config = config
        self._declaration = declaration
        self._name = name
        self._said: Optional[dict[str, Any]] = None

    def cases(self) -> Optional[int]:
        """Their number; None if a time is given."""
        if self._config.getoption("--mlacheck-seconds") is not None:
            return None
        cases: Optional[int] = self._config.getoption("--mlacheck-cases")
        return CASES if cases is None else cases

    def result(self) -> dict[str, Any]:
        """"row" of the JSON report and the "text" of the terminal; or an "error" that kept it from running."""
        if self._said is None:
            shared = self._shared()
            if shared is None:
                self._said = self._run()
            else:
                # The first process that comes here runs it, the others wait and read.
                with _device_lock.locked(shared.with_suffix(".lock")):
                    if not shared.exists():
                        # A process that dies here leaves no half of it.
                        new = shared.with_suffix(".new")
                        new.write_text(json.dumps(self._run()), encoding="utf-8")
                        new.replace(shared)
                    self._said = json.loads(shared.read_text(encoding="utf-8"))
        return self._said

    def _shared(self) -> Optional[Path]:
        """A file that all processes of this run of pytest-xdist know; None if there is one process."""
        factory = getattr(self._config, "_tmp_path_factory", None)
        if factory is None or not hasattr(self._config, "workerinput"):
            return None
        # Each process has a folder of its own in that of the run.
        key = hashlib.sha256(self._name.encode()).hexdigest()[:16]
        return Path(factory.getbasetemp()).parent / f"mlacheck-{key}.json"

    def _run(self) -> dict[str, Any]:
        with self._device():
            try:
                result = _check.sweep([self._declaration], cases=self.cases(),
                                      seconds=self._config.getoption("--mlacheck-seconds"),
                                      seed=self._config.getoption("--mlacheck-seed"))
            except (OSError, RuntimeError, ValueError) as error:
                return {"error": f"{type(error).__name__}: {error}"}
        return {"row": result.rows[0], "text": result.text}

    @contextlib.contextmanager
    def _device(self) -> Iterator[None]:
        """Held before the first worker starts."""
        with contextlib.ExitStack() as stack:
            if self._declaration.backend == "cuda":
                stack.enter_context(_device_lock.locked(_device_lock.path_of(_device_lock.device_name())))
            yield


class CheckItem(pytest.Item):
    """One check of one subject."""

    def __init__(self, *, check: str, sweep: Sweep, declaration: Declaration, **more: Any) -> None:
        super().__init__(**more)
        self._check = check
        self._sweep = sweep
        self._title = f"{declaration.op} {declaration.variant} on {declaration.backend}: {check}"
        self.add_marker("mlacheck")
        self.add_marker(f"mlacheck_{check}")
        if declaration.backend == "cuda":
            self.add_marker("mlacheck_cuda")
        # With --dist loadgroup nobody waits for a sweep of another process.
        self.add_marker(pytest.mark.xdist_group(f"mlacheck-{declaration.op}-{declaration.variant}"))

    def runtest(self) -> None:
        said = self._sweep.result()
        if "error" in said:
            raise Failed(said["error"])
        outcome = _checks.outcome_of(said["row"], self._check, said["text"])
        if outcome.failed is not None:
            raise Failed(outcome.failed)
        if outcome.skipped is not None:
            pytest.skip(outcome.skipped)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, Optional[int], str]:
        return self.path, None, self._title


class SubjectCollector(pytest.Collector):
    """One declaration."""

    def __init__(self, *, declaration: Declaration, **more: Any) -> None:
        super().__init__(**more)
        self._declaration = declaration

    def collect(self) -> Iterable[pytest.Item]:
        sweep = Sweep(self.config, self._declaration, f"{self.nodeid} {os.path.realpath(self.path)}")
        for check in _checks.applying(self._declaration, sweep.cases()):
            yield CheckItem.from_parent(self, name=check, check=check, sweep=sweep, declaration=self._declaration)


class FunctionCollector(pytest.Collector):
    """One function, which may be declared for several backends."""

    def __init__(self, *, declared: list[Declaration], **more: Any) -> None:
        super().__init__(**more)
        self._declared = declared

    def collect(self) -> Iterable[pytest.Collector]:
        for declaration in self._declared:
            yield SubjectCollector.from_parent(
                self, name=f"{declaration.op}-{declaration.variant}-{declaration.backend}", declaration=declaration)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    declared = getattr(obj, "__mlacheck__", None)
    if not isinstance(declared, list) or not all(isinstance(one, Declaration) for one in declared):
        return None
    return FunctionCollector.from_parent(collector, name=name, declared=declared)
