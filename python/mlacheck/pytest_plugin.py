"""pytest: each declared subject that a test module defines or imports is a test (docs/python.md)."""

from __future__ import annotations

from typing import Any, Iterable, Optional

import pytest

from mlacheck import _check
from mlacheck._declare import Declaration


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mlacheck")
    group.addoption("--mlacheck-cases", type=int, default=200, metavar="N",
                    help="cases of each subject (default: 200)")
    group.addoption("--mlacheck-seed", type=int, default=1, metavar="N", help="seed of the drawn cases (default: 1)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "mlacheck: a sweep of a subject by mlacheck")


class Failed(Exception):
    """Carries the report of the sweep."""


class SubjectItem(pytest.Item):
    def __init__(self, *, declaration: Declaration, **more: Any) -> None:
        super().__init__(**more)
        self._declaration = declaration
        self.add_marker("mlacheck")

    def runtest(self) -> None:
        result = _check.sweep([self._declaration], cases=self.config.getoption("--mlacheck-cases"),
                              seed=self.config.getoption("--mlacheck-seed"))
        if result.verdict == "SKIPPED":
            reasons = [row["unavailable"] or ", ".join(skip["reason"] for skip in row["skips"])
                       for row in result.rows]
            pytest.skip("; ".join(reason for reason in reasons if reason) or "no case ran")
        if not result.passed:
            raise Failed(str(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException],
                     style: Any = None) -> Any:
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, Optional[int], str]:
        return self.path, None, self.name


class SubjectCollector(pytest.Collector):
    """One function, which may be declared for several backends."""

    def __init__(self, *, declared: list[Declaration], **more: Any) -> None:
        super().__init__(**more)
        self._declared = declared

    def collect(self) -> Iterable[pytest.Item]:
        for declaration in self._declared:
            yield SubjectItem.from_parent(self, name=f"{declaration.op}-{declaration.variant}-{declaration.backend}",
                                          declaration=declaration)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    declared = getattr(obj, "__mlacheck__", None)
    if not isinstance(declared, list) or not all(isinstance(one, Declaration) for one in declared):
        return None
    return SubjectCollector.from_parent(collector, name=name, declared=declared)
