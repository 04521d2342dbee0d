"""What a subject raises, and what a wrong declaration raises."""

from __future__ import annotations


class Unsupported(Exception):
    """The case is within the contract, and not this function's business: it is skipped, and counted with
    the reason."""


class InvalidArgument(Exception):
    """The call is refused: it is outside the contract, and nothing has been written."""


class DeclarationError(ValueError):
    """A declaration that makes no sense: names the argument, its value and what was expected."""


class DeclarationTypeError(DeclarationError, TypeError):
    """The same, where the value is of a type that no right value has."""
