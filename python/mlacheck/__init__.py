"""Python functions as subjects of mlacheck: docs/python.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlacheck._declare import subject
from mlacheck._errors import DeclarationError, InvalidArgument, Unsupported
from mlacheck._scratch import empty
from mlacheck._terms import conventions, domain, numerics

if TYPE_CHECKING:
    from mlacheck._check import Result, check

__all__ = ["DeclarationError", "InvalidArgument", "Result", "Unsupported", "check", "conventions", "domain",
           "empty", "numerics", "subject"]


def __getattr__(name: str) -> Any:
    """Workers import this package, and do not need what only check() does."""
    if name in ("Result", "check"):
        from mlacheck import _check
        return getattr(_check, name)
    raise AttributeError(f"module 'mlacheck' has no attribute {name!r}")
