"""Declarations as the tables of the C interface."""

from __future__ import annotations

import ctypes
import dataclasses
from typing import Any, Optional

from mlacheck import _abi, _call, _traceback
from mlacheck._declare import Declaration
from mlacheck._errors import DeclarationError


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else text.encode()


def _refuse_twins(found: list[Declaration]) -> None:
    """One name is one subject: two of them are named by their places."""
    known: dict[tuple[str, str, str], Declaration] = {}
    for declaration in found:
        other = known.setdefault((declaration.op, declaration.backend, declaration.variant), declaration)
        if other is not declaration:
            places = f"{other.place} and {declaration.place}"
            if other.place == declaration.place:
                places = f"{other.file} and {declaration.file}, or twice in one of them"
            raise DeclarationError(f"variant '{declaration.variant}' of op {declaration.op} on "
                                   f"{declaration.backend} is declared twice, at {places}: expected one of the "
                                   "name, or variant= with another")


class Tables:
    """Keeps whatever the harness has a pointer to, for as long as the process lives."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._kept: list[Any] = []
        self.functions: list[_call.Function] = []

    def plugin(self, found: list[Declaration]) -> int:
        """The address of a mlacheck_plugin. Raises DeclarationError."""
        groups: dict[tuple[str, str], list[Declaration]] = {}
        _refuse_twins(found)
        for declaration in found:
            groups.setdefault((declaration.op, declaration.backend), []).append(declaration)
        tables = (_abi.Table * len(groups))()
        for table, ((op, backend), members) in zip(tables, groups.items()):
            tiles: dict[tuple[str, int], None] = {}
            for declaration in members:
                tiles.update(dict.fromkeys(declaration.tiles))
            entries = (_abi.Tile * len(tiles))(*(_abi.Tile(axis.encode(), extent) for axis, extent in tiles))
            subjects = (_abi.Subject * len(members))(*(self._subject(member) for member in members))
            self._kept += [entries, subjects]
            table.op, table.backend = op.encode(), backend.encode()
            table.tile_count, table.subject_count = len(tiles), len(members)
            table.tiles, table.subjects = entries, subjects
        plugin = _abi.Plugin(_abi.VERSION, len(groups), tables)
        self._kept += [tables, plugin]
        return ctypes.addressof(plugin)

    def _names(self, declaration: Declaration) -> _call.Names:
        place = f"subject '{declaration.variant}' at {declaration.place}: "
        text = self._library.mlacheck_names_of(declaration.op.encode(), _bytes(declaration.contract))
        if text is None:
            known = self._library.mlacheck_ops().decode()
            raise DeclarationError(f"{place}op '{declaration.op}': expected one of {known}")
        names = _call.Names(text.decode())
        for name in sorted(declaration.named - declaration.defaults - names.all - names.lists - {"formats"}):
            raise DeclarationError(f"{place}parameter '{name}' is nothing that a call of {declaration.op} "
                                   f"holds, expected one of {' '.join(sorted(names.all))}, or a default")
        outputs = sorted(name for name in declaration.named & set(names.access) if names.is_written(name))
        if declaration.framework == "jax" and outputs:
            raise DeclarationError(f"{place}parameter '{outputs[0]}' is an output, which jax cannot write, "
                                   "expected a function that returns its outputs")
        return names

    def _subject(self, declaration: Declaration) -> _abi.Subject:
        function = _call.Function(declaration, self._names(declaration), self._library)
        self.functions.append(function)

        def run(_: Any, call: Any, context: Any) -> int:
            return function.run(call.contents, context)

        # The harness keeps the address of the text.
        reason = ctypes.create_string_buffer(1)

        def unavailable(_: Any) -> Optional[int]:
            nonlocal reason
            try:
                # First what the function itself needs: it knows best.
                said = declaration.unavailable() if declaration.unavailable is not None else None
                if not said:
                    function.prepared()
            except ImportError as error:
                said = f"{declaration.framework} cannot be imported: {_traceback.text_of(error)}"
            except BaseException as error:
                # Nothing may escape into the harness.
                said = f"unavailable() raised {_traceback.text_of(error)}"
            if not said:
                return None
            reason = ctypes.create_string_buffer(str(said).encode("utf-8", "backslashreplace"))
            return ctypes.addressof(reason)

        callbacks = (_abi.Run(run), _abi.Unavailable(unavailable))
        self._kept += callbacks
        conventions, numerics = declaration.conventions, declaration.numerics
        return _abi.Subject(
            declaration.variant.encode(), _bytes(declaration.baseline), _bytes(declaration.contract),
            declaration.agreement, 0,
            _abi.Conventions(conventions.lse_base, conventions.lse_layout, conventions.plus_infinity,
                             conventions.overlap, conventions.zero_sign, conventions.batch),
            _abi.Numerics(**dataclasses.asdict(numerics)),
            None, *callbacks, _bytes(function.domain()))
