"""Why an entry point cannot be called here."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any


def entry(path: str) -> Any:
    """The function "package.module:name", or "package.module:name.attribute"."""
    module, _, name = path.partition(":")
    return functools.reduce(getattr, name.split("."), importlib.import_module(module))


def needs(path: str) -> Callable[[], str | None]:
    """For `unavailable`: None if the entry point exists, else the reason why it cannot be called."""
    project = path.partition(".")[0].partition(":")[0]

    def reason() -> str | None:
        try:
            entry(path)
        except ModuleNotFoundError as missing:
            if missing.name == project:
                return f"needs {project}, which is not installed"
            return f"needs {path}: {missing}"
        except AttributeError as missing:
            return f"needs {path}, which this version of {project} does not have: {missing}"
        except Exception as error:  # whatever an import of the project may raise
            return f"needs {path}: {type(error).__name__}: {error}"
        return None

    return reason


def always(reason: str) -> Callable[[], str]:
    """For an entry point that no op fits."""
    return lambda: reason
