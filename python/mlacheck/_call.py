"""One call: operands become arrays, the function runs, and what it returned is stored."""

from __future__ import annotations

import ctypes
import re
from typing import Any, Optional

from mlacheck import _abi, _adapter, _scratch, _traceback
from mlacheck._declare import Declaration
from mlacheck._errors import InvalidArgument, Unsupported

# Two fills of new memory, in turn: a NaN in every floating-point type, and a large number in each. An
# element that is not written shows in the value of one of two equal calls, or in both.
FILLS = (0xFF, 0x7B)

# New kinds of operands are counted as such up to here; a longer list would grow for ever.
MOST_KINDS = 100_000

# How a call that leaves its launches to a library is recorded: without a grid. Lives as long as the process.
LIBRARY = _abi.Launch(b"python", (0, 0, 0), (0, 0, 0), 0)

NUMBERED = re.compile(r"(.+)_\d+")


class LaunchRefused(Exception):
    """The harness plays a device that refuses."""


class Names:
    """What calls of an op may hold, as mlacheck_names_of() says."""

    def __init__(self, text: str) -> None:
        self.access: dict[str, str] = {}
        self.optional: set[str] = set()
        self.all: set[str] = set()
        self.without: dict[str, str] = {}  # terms of a domain
        for line in text.splitlines():
            kind, name, access, presence, without = line.split()
            self.all.add(name)
            if kind == "operand":
                self.access[name] = access
            if presence == "optional":
                self.optional.add(name)
                if without != "-":
                    self.without[name] = without
        # A case may have more of them than the ones that were looked at.
        self.lists = {found[1] for name in self.access if (found := NUMBERED.fullmatch(name))}

    def _known(self, name: str) -> str:
        found = NUMBERED.fullmatch(name)
        if name in self.access or found is None:
            return name
        return next((known for known in self.access if known.startswith(found[1] + "_")), name)

    def is_written(self, name: str) -> bool:
        return self.access.get(self._known(name), "written") != "read"

    def is_optional(self, name: str) -> bool:
        return self._known(name) in self.optional


class Function:
    """A declared function, as the harness calls it."""

    def __init__(self, declaration: Declaration, names: Names, library: Any) -> None:
        self.declaration = declaration
        self.names = names
        self.library = library
        self.adapter: Optional[_adapter.Adapter] = None
        self.kinds: set[int] = set()
        self.calls = 0
        self.returned: set[str] = set()  # optional outputs among them

    def prepared(self) -> _adapter.Adapter:
        if self.adapter is None:
            device = _abi.CPU if self.declaration.backend == "cpu" else _abi.CUDA
            self.adapter = _adapter.make(self.declaration.framework, self.library, device)
        return self.adapter

    def takes(self, name: str) -> bool:
        return self.declaration.takes_all or name in self.declaration.named

    def domain(self) -> Optional[str]:
        """That of the declaration, without the cases whose optional operands the function does not take."""
        terms = [term for name, term in self.names.without.items()
                 if not self.takes(name) and (self._in_place() or not self.names.is_written(name))]
        if self.declaration.domain is not None:
            terms.insert(0, self.declaration.domain)
        return " ".join(terms) or None

    def run(self, call: _abi.Call, context: Any) -> int:
        """A status of the interface; what went wrong goes to the context's set_error."""
        # Nothing may escape: the interface would take it for MLACHECK_OK.
        try:
            self._run(self.prepared(), call, context)
            return _abi.OK
        except Unsupported as reason:
            text = _traceback.message_of(reason)
            return _say(context, _abi.UNSUPPORTED, text or "the function does not support the case")
        except InvalidArgument as reason:
            text = _traceback.message_of(reason)
            return _say(context, _abi.INVALID_ARGUMENT, text or "the function refuses the call")
        except SystemExit as leaving:
            _traceback.leave(leaving)  # As a C function that calls exit().
        except BaseException as error:
            known = self.adapter.out_of_memory if self.adapter is not None else ()
            no_memory = isinstance(error, (MemoryError, *known))
            status = _abi.OUT_OF_MEMORY if no_memory else _abi.LAUNCH_FAILED
            return _say(context, status, _traceback.text_of(error))

    def _run(self, adapter: _adapter.Adapter, call: _abi.Call, context: Any) -> None:
        operands = [call.operands[i] for i in range(call.operand_count)]
        written = [name for operand in operands if self.names.is_written(name := operand.name.decode())]
        self._refuse_what_is_not_taken(operands)
        arguments: dict[str, Any] = {}
        arrays: dict[str, Any] = {}
        formats: dict[str, str] = {}
        kind: list[Any] = []
        for operand in operands:
            name = operand.name.decode()
            tensor = operand.tensor
            is_written = self.names.is_written(name)
            formats[name] = _abi.FORMATS[operand.format]
            if is_written or self.takes(name) or self._takes_list(name):
                arrays[name] = adapter.array(tensor, is_written)
            kind += [name, tensor.dtype.code, tensor.dtype.bits, tensor.data is None or tensor.data % 16,
                     *tensor.shape[:tensor.ndim], *tensor.strides[:tensor.ndim]]
        for i in range(call.integer_count):
            arguments[call.integers[i].name.decode()] = call.integers[i].value
        for i in range(call.real_count):
            arguments[call.reals[i].name.decode()] = call.reals[i].value
        arguments.update(arrays)
        chosen = self._chosen(arguments, formats)
        fill = FILLS[self.calls % len(FILLS)]
        self.calls += 1
        self._record(context)
        key = hash(tuple(kind))
        is_new = key not in self.kinds and len(self.kinds) < MOST_KINDS
        if is_new:
            self.kinds.add(key)
            self.library.mlacheck_first_call(1)
        _scratch.running = _scratch.Running(adapter, context)
        try:
            with adapter.running(context.contents.stream, fill):
                returned = self.declaration.function(**chosen)
                self._store(adapter, returned, written, arrays)
        finally:
            _scratch.running = None
            if is_new:
                self.library.mlacheck_first_call(0)

    def _record(self, context: Any) -> None:
        """A library's call, without a grid: what a framework asks of the driver is its own affair."""
        if self.declaration.backend != "cpu" and context.contents.record_launch(context, ctypes.byref(LIBRARY)):
            raise LaunchRefused("the launch was refused")

    def _takes_list(self, name: str) -> bool:
        found = NUMBERED.fullmatch(name)
        return found is not None and found[1] in self.declaration.named

    def _in_place(self) -> bool:
        """Whether the function writes its outputs: then it returns none. One that takes `**kwargs` may do
        either."""
        return any(self.names.is_written(name) for name in self.declaration.named if name in self.names.access)

    def _refuse_what_is_not_taken(self, operands: list[Any]) -> None:
        """Before anything is written."""
        for operand in operands:
            name = operand.name.decode()
            if self.takes(name) or self._takes_list(name) or not self.names.is_optional(name):
                continue
            if self._in_place() or not self.names.is_written(name):
                raise Unsupported(f"the case has {name}, which the function does not take")

    def _chosen(self, arguments: dict[str, Any], formats: dict[str, str]) -> dict[str, Any]:
        declaration = self.declaration
        chosen = {name: value for name, value in arguments.items() if self.takes(name)}
        for name in declaration.named:
            if name == "formats":
                chosen[name] = formats
            elif name in self.names.lists:
                count = sum(1 for other in arguments if other.startswith(name + "_"))
                chosen[name] = [arguments[f"{name}_{i}"] for i in range(count)]
            elif name not in chosen and name not in declaration.defaults:
                chosen[name] = None
        return chosen

    def _store(self, adapter: _adapter.Adapter, returned: Any, written: list[str],
               arrays: dict[str, Any]) -> None:
        """`written`: the outputs of the case, in the order of the contract."""
        if self._in_place():
            mine = [arrays[name] for name in written]
            several = returned if isinstance(returned, (tuple, list)) else [returned]
            # `return out[:]` returns what was written.
            if returned is not None and not all(
                    any(value is array or adapter.is_same(value, array) for array in mine) for value in several):
                raise ValueError("a value is returned by a function that takes its outputs, expected None or "
                                 "these outputs")
            for name in written:
                if not self.takes(name):
                    raise ValueError(f"the function takes other outputs, but not {name}")
            return
        if returned is None and self.declaration.takes_all:
            return
        values = _by_name(returned, written)
        for name in values:
            if name not in written and not self.names.is_optional(name):
                raise ValueError(f"returned '{name}': expected one of {' '.join(written)}")
        missing = [name for name in written if values.get(name) is None]
        for name in missing:
            if not self.names.is_optional(name):
                raise ValueError(f"the function neither takes nor returns {name}")
            # A place for it that holds None, or an earlier call that returned it: it is lost, not refused.
            if name in values or name in self.returned:
                raise ValueError(f"returned no {name}, which the case has and the function otherwise returns")
        self.returned.update(name for name in values if values[name] is not None)
        if missing and not self.declaration.takes_all:
            raise Unsupported(f"the function neither takes nor returns {missing[0]}")
        for name, value in values.items():
            if name in written and value is not None and value is not arrays[name]:
                adapter.store(name, arrays[name], value)


def _by_name(returned: Any, written: list[str]) -> dict[str, Any]:
    """A tuple may hold more than the case asks for: optional outputs come last."""
    if returned is None:
        return {}
    if isinstance(returned, dict):
        return returned
    if isinstance(returned, (tuple, list)):
        return dict(zip(written, returned))
    return {written[0]: returned}


def _say(context: Any, status: int, text: str) -> int:
    context.contents.set_error(context, text.encode("utf-8", "backslashreplace").replace(b"\0", b"\\x00"))
    return status
