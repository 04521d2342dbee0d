"""Python functions as subjects of mlacheck: docs/python.md."""

from mlacheck._declare import subject
from mlacheck._errors import DeclarationError, InvalidArgument, Unsupported
from mlacheck._scratch import empty
from mlacheck._terms import conventions, domain, numerics

__all__ = ["DeclarationError", "InvalidArgument", "Unsupported", "conventions", "domain", "empty",
           "numerics", "subject"]
