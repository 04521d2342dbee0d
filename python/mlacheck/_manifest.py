"""An AMD code object as a subject, by a manifest: what `--subject X.co --manifest X.json` stands for.

A manifest is a JSON object (docs/amd-foreign.md):

    op, variant, kernel, domain, baseline, contract, agreement, numerics    as of mlacheck.subject; kernel is optional
    block      threads of a block, up to three numbers
    grid       blocks, up to three formulas
    arguments  in the order of the metadata or, with `slot`, in slots of that many bytes: the name of an operand, null,
               or one of {"i32": FORMULA} {"i64": FORMULA} {"f32": FORMULA}
    slot       bytes of an argument, for code objects whose metadata do not describe the block
    dynamic_lds  a formula

A formula is a number or a text of numbers, scalars of the case, + - * // %, min, max, ceil(a, b), which is a / b
rounded up, size(operand, axis), and stride(operand, axis) in elements.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import keyword
import operator
import os
import struct
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Union

import numpy as np

from mlacheck import _declare, amd
from mlacheck._errors import DeclarationError

KEYS = {"op", "variant", "kernel", "domain", "baseline", "contract", "agreement", "numerics", "block", "grid",
        "arguments", "slot", "dynamic_lds"}
NEEDED = ("op", "variant", "block", "grid", "arguments")
OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod}
Number = Union[int, float]


class ManifestError(DeclarationError):
    """Names the manifest, the key, its value and what was expected."""


def _operand(node: ast.expr, case: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name) and isinstance(case.get(node.id), np.ndarray):
        return case[node.id]
    raise ManifestError(f"'{ast.unparse(node)}': expected the name of an operand of the case")


def _called(node: ast.Call, case: Mapping[str, Any]) -> Number:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in ("size", "stride") and len(node.args) == 2:
        array, axis = _operand(node.args[0], case), int(_value(node.args[1], case))
        return int(array.shape[axis]) if name == "size" else int(array.strides[axis]) // int(array.itemsize)
    values = [_value(argument, case) for argument in node.args]
    if name == "ceil" and len(values) == 2:
        return -(-values[0] // values[1])
    if name in ("min", "max") and values:
        return min(values) if name == "min" else max(values)
    raise ManifestError(f"'{ast.unparse(node)}': expected min, max, ceil(a, b), size(operand, axis) or "
                        "stride(operand, axis)")


def _value(node: ast.expr, case: Mapping[str, Any]) -> Number:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and isinstance(case.get(node.id), (int, float)):
        return case[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, case)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left, case), _value(node.right, case))
    if isinstance(node, ast.Call) and not node.keywords:
        return _called(node, case)
    raise ManifestError(f"'{ast.unparse(node)}': expected a number, a scalar of the case, or a formula of them")


def formula(text: Union[str, Number], case: Mapping[str, Any]) -> Number:
    """Its value for the operands and scalars of a case."""
    try:
        return _value(ast.parse(str(text), mode="eval").body, case)
    except ManifestError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ManifestError(f"'{str(text)[:60]}': expected a formula") from None
    except ZeroDivisionError:
        raise ManifestError(f"'{text}': divides by 0 in this case") from None
    except IndexError:
        raise ManifestError(f"'{text}': the operand has no such axis") from None


def _whole(key: str, text: Union[str, Number], case: Mapping[str, Any]) -> int:
    value = formula(text, case)
    if not isinstance(value, int):
        raise ManifestError(f"{key} {text!r}: its value is {value}, expected a whole number")
    return value


def _packed(given: Any, case: Mapping[str, Any]) -> Any:
    if given is None:
        return None
    if isinstance(given, str):
        if case.get(given) is None:
            return None  # an optional operand that this case lacks
        return _operand(ast.Name(given), case)
    (kind, text), = given.items()
    value = formula(text, case) if kind == "f32" else _whole(f"argument {kind}", text, case)
    try:
        if kind == "f32":
            return struct.pack("<f", value)
        return int(value).to_bytes(4 if kind == "i32" else 8, "little", signed=value < 0)
    except (OverflowError, struct.error):
        raise ManifestError(f"argument {given!r}: its value is {value}, expected one that fits {kind}") from None


def _is_formula(given: Any) -> bool:
    return isinstance(given, (int, float, str)) and not isinstance(given, bool)


def _checked(manifest: Any) -> None:
    if not isinstance(manifest, dict):
        raise ManifestError(f"{str(manifest)[:40]}: expected a JSON object")
    for key in manifest:
        if key not in KEYS:
            raise ManifestError(f"key '{key}': expected one of {' '.join(sorted(KEYS))}")
    for key in NEEDED:
        if key not in manifest:
            raise ManifestError(f"no '{key}': expected one")
    for key in ("block", "grid"):
        value = manifest[key]
        if not isinstance(value, list) or not 1 <= len(value) <= 3:
            raise ManifestError(f"{key} {value!r}: expected a list of up to three")
        for text in value:
            if not _is_formula(text):
                raise ManifestError(f"{key} {text!r}: expected a number or a formula")
    if isinstance(manifest.get("slot", 0), bool) or not isinstance(manifest.get("slot", 0), int):
        raise ManifestError(f"slot {manifest['slot']!r}: expected a number of bytes")
    if not isinstance(manifest["arguments"], list):
        raise ManifestError(f"arguments {manifest['arguments']!r}: expected a list")
    for given in manifest["arguments"]:
        named = isinstance(given, str) and given.isidentifier() and not keyword.iskeyword(given)
        good = given is None or named or (
            isinstance(given, dict) and len(given) == 1 and next(iter(given)) in ("i32", "i64", "f32")
            and _is_formula(next(iter(given.values()))))
        if not good:
            raise ManifestError(f"argument {given!r}: expected the name of an operand, null, or one of "
                                '{"i32": FORMULA} {"i64": FORMULA} {"f32": FORMULA}')


def _subject(code: Path, manifest: Mapping[str, Any]) -> Callable[..., None]:
    loaded: list[amd.Kernel] = []

    def launch(**case: Any) -> None:
        if not loaded:
            loaded.append(amd.load(code).kernel(manifest.get("kernel")))
        grid = [_whole("grid", text, case) for text in manifest["grid"]]
        if min(grid) <= 0:
            return  # nothing to do
        values = [_packed(given, case) for given in manifest["arguments"]]
        slot = manifest.get("slot", 0)
        loaded[0].launch(grid, [_whole("block", text, case) for text in manifest["block"]],
                         amd.pack(*values, slot=slot) if slot else values,
                         dynamic_lds=_whole("dynamic_lds", manifest.get("dynamic_lds", 0), case))

    # Operands by name are parameters: a name that no call of the op has is then refused as for any function.
    operands = dict.fromkeys(given for given in manifest["arguments"] if isinstance(given, str))
    launch.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in operands),
        inspect.Parameter("case", inspect.Parameter.VAR_KEYWORD)])
    return launch


def _unavailable(code: Path) -> Callable[[], Optional[str]]:
    """Why code for the object's target cannot be run here. What is wrong with the object is the call's to say."""

    def reason() -> Optional[str]:
        try:
            return amd.unavailable(amd.load(code).target)
        except (amd.Missing, amd.BadCodeObject, OSError):
            return amd.unavailable()
    return reason


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ManifestError(f"key '{name}': expected once")
    return dict(pairs)


def declare(code: Path) -> str:
    """Declares the code object; returns the name of the module that it counts as."""
    given = os.environ.get("MLACHECK_MANIFEST")
    file = Path(given) if given else code.with_suffix(".json")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=_object)
        _checked(manifest)
        options = {key: manifest[key] for key in ("domain", "baseline", "contract", "agreement", "numerics")
                   if key in manifest}
        _declare.subject(manifest["op"], variant=manifest["variant"], framework="numpy", unavailable=_unavailable(code),
                         **options)(_subject(code, manifest))
    except FileNotFoundError:
        raise ManifestError(f"{file}: no such file, expected the manifest of {code.name} (--manifest)") from None
    except (ValueError, DeclarationError) as error:  # what JSON or UTF-8 cannot be is a ValueError, too
        raise ManifestError(f"{file.name}: {error}") from None
    except RecursionError:
        raise ManifestError(f"{file.name}: nested too deeply, expected a JSON object") from None
    except OSError as error:
        raise ManifestError(f"{file}: {error.strerror}, expected a manifest") from None
    name = f"amd:{code}"
    _declare.declarations[-1] = dataclasses.replace(_declare.declarations[-1], module=name, place=file.name,
                                                    file=str(file))
    return name
