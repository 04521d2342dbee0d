"""@mlacheck.subject: says what a function is, and leaves the function as it is."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from typing import Any, Callable, Mapping, Optional, TypeVar

from mlacheck import _terms
from mlacheck._errors import DeclarationError

BACKENDS = ("cpu", "cuda")
FRAMEWORKS = ("numpy", "torch", "cupy", "jax")
AGREEMENTS = ("bitwise", "within_bound", "self_bitwise")

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Declaration:
    function: Callable[..., Any]
    module: str  # that declared it
    place: str  # "my_kernels.py:12", where it was declared
    file: str  # its path
    op: str
    variant: str
    backend: str
    framework: str
    baseline: Optional[str]
    contract: Optional[str]
    agreement: int
    numerics: _terms.Numerics
    conventions: _terms.Conventions
    domain: Optional[str]
    tiles: tuple[tuple[str, int], ...]
    unavailable: Optional[Callable[[], Optional[str]]]
    named: frozenset[str]  # parameters
    defaults: frozenset[str]  # those that have a default
    takes_all: bool  # **kwargs


# In the order of declaration.
declarations: list[Declaration] = []


def _framework(given: Optional[str], backend: str, namespace: Mapping[str, Any]) -> str:
    if given is not None:
        _terms.expect("framework", given, FRAMEWORKS)
        if backend == "cuda" and given in ("numpy", "jax"):
            raise DeclarationError(f"framework {given!r}: expected one of 'torch' 'cupy' on backend 'cuda'")
        if backend == "cpu" and given == "cupy":
            raise DeclarationError("framework 'cupy': expected one of 'numpy' 'torch' 'jax' on backend 'cpu'")
        return given
    met = set()
    for value in namespace.values():
        module = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
        met.add(str(module).partition(".")[0])
    used = [name for name in FRAMEWORKS if name in met and (name != "numpy" or backend == "cpu")]
    if len(used) > 1:
        raise DeclarationError(f"framework None: the module imports {' and '.join(used)}, "
                               "expected framework= to say which one the function takes")
    if used:
        return used[0]
    return "numpy" if backend == "cpu" else "torch"


def _parameters(function: Callable[..., Any]) -> tuple[frozenset[str], frozenset[str], bool]:
    named = set()
    defaults = set()
    takes_all = False
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise DeclarationError(f"{function.__name__}: expected a function that returns when it is done, "
                               "no coroutine and no generator")
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        raise DeclarationError(f"{function!r}: expected a function whose parameters can be read") from None
    for parameter in parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_all = True
        elif parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
            raise DeclarationError(f"parameter '{parameter.name}': expected one that is passed by name")
        else:
            named.add(parameter.name)
            if parameter.default is not inspect.Parameter.empty:
                defaults.add(parameter.name)
    return frozenset(named), frozenset(defaults), takes_all


def _text(argument: str, value: object, required: bool = False) -> Optional[str]:
    if value is None and not required:
        return None
    if isinstance(value, str) and value.strip() and value.isprintable():
        return value
    kind = "terms of docs/domains.md" if argument == "domain" else "a name"
    raise _terms.wrong(argument, value, kind)


def _domain(domain: object) -> Optional[str]:
    """Terms may stand on several lines."""
    if isinstance(domain, str):
        return _text("domain", " ".join(domain.split())) if domain else None
    return _text("domain", domain)


def _tiles(tiles: object) -> tuple[tuple[str, int], ...]:
    if tiles is None:
        return ()
    if not isinstance(tiles, Mapping):
        raise _terms.wrong("tiles", tiles, "a dict of axes and extents")
    for axis, extent in tiles.items():
        if not isinstance(axis, str):
            raise _terms.wrong("tiles: axis", axis, "a name")
        _terms.expect_int(f"tiles[{axis!r}]", extent, 1, 2**31 - 1)
    return tuple(tiles.items())


@_terms.declaring
def subject(op: str, *, variant: Optional[str] = None, backend: str = "cpu",
            framework: Optional[str] = None, baseline: Optional[str] = None,
            contract: Optional[str] = None, agreement: str = "self_bitwise", numerics: object = None,
            conventions: object = None, domain: Optional[str] = None,
            tiles: Optional[Mapping[str, int]] = None,
            unavailable: Optional[Callable[[], Optional[str]]] = None) -> Callable[[Function], Function]:
    """Declares the decorated function as a subject of `op`, and returns it as it is. May be stacked.

    The function is called with the operands and scalars of a case by name, those that it has parameters for, as
    arrays of its framework over the memory of the harness. Their shapes and types are those of the contract
    (docs/contracts.md); their strides are those of the case, which need not be dense unless `domain` says so.
    fp8, fp4 and scales are uint8. It writes its outputs or returns them, never both.

    op: such as "merge_states". variant: its name in reports (default: that of the function). backend: "cpu" or
    "cuda". framework: "numpy", "torch", "cupy" or "jax" (default: what the module imports). baseline: a variant
    to compare with. contract: the bundled variant whose permissions and costs it has. agreement: "bitwise",
    "within_bound" or "self_bitwise". numerics, conventions: what mlacheck.numerics() and conventions() return,
    or a preset's name. domain: terms of docs/domains.md, as text. tiles: extents of axes at which the code path
    changes. unavailable: returns why the function cannot run here, or None.

    Raises DeclarationError, which names the subject, the argument, its value and what was expected; one that is
    a TypeError as well for an array or a container where none belongs. What only the op knows, such as names of
    fields, is refused when the program reads the module.
    """
    frame = sys._getframe(2)  # declaring() lies between
    namespace = frame.f_globals
    file = frame.f_code.co_filename.rpartition("/")[2]
    line = frame.f_lineno
    if callable(op):
        raise DeclarationError(f"op {getattr(op, '__name__', op)!r} at {file}:{line}: expected the name of an op; "
                               "write @mlacheck.subject(\"...\") and not @mlacheck.subject")

    def declare(function: Function) -> Function:
        name = variant if variant is not None else getattr(function, "__name__", None)
        try:
            if not callable(function):
                raise DeclarationError(f"{function!r}: expected a function")
            if name is None:
                raise DeclarationError(f"{function!r} has no name: expected variant=")
            _text("op", op, required=True)
            name = _text("variant", name, required=True)
            _terms.expect("backend", backend, BACKENDS)
            _terms.expect("agreement", agreement, AGREEMENTS)
            if unavailable is not None and not callable(unavailable):
                raise _terms.wrong("unavailable", unavailable, "a function")
            chosen = _framework(framework, backend, namespace)
            named, defaults, takes_all = _parameters(function)
            declaration = Declaration(
                function=function, module=str(namespace.get("__name__")), place=f"{file}:{line}",
                file=frame.f_code.co_filename, op=op,
                variant=str(name), backend=backend, framework=chosen, baseline=_text("baseline", baseline),
                contract=_text("contract", contract), agreement=AGREEMENTS.index(agreement),
                numerics=_terms.numerics_of(numerics, chosen),
                conventions=_terms.conventions_of(conventions),
                domain=_domain(domain),
                tiles=_tiles(tiles), unavailable=unavailable, named=named, defaults=defaults,
                takes_all=takes_all)
        except DeclarationError as error:
            raise type(error)(f"subject {_terms.shown(name)} at {file}:{line}: {error}") from None
        declarations.append(declaration)
        try:
            function.__mlacheck__ = [*getattr(function, "__mlacheck__", []), declaration]  # type: ignore[attr-defined]
        except AttributeError:
            pass  # a callable without a dictionary is known here all the same
        return function

    return declare
