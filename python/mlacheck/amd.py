"""AMD code objects, run by an interpreter on this machine: no AMD GPU and no AMD software takes part.

    stage1 = mlacheck.amd.load("decode.co").kernel()
    stage1.launch(grid=(1, 1, 1), block=(256, 1, 1), args=[out, q, 16, mlacheck.amd.f32(0.5)])

Device memory is the memory of NumPy arrays. A kernel may access the arrays that a launch names, and nothing
else: any other address is a Fault. docs/amd-foreign.md has more.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import os
import struct
import sys
from ctypes import c_char_p, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Optional, Sequence, Union

import numpy as np

VERSION = 2  # MLACHECK_AMD_VERSION
CHECKS = ("undefined", "waits", "hazards", "races")
WAVE_ORDERS = ("ascending", "descending", "in_step")
Array = np.ndarray[Any, Any]
Value = Union[Array, int, bytes, None]


class Fault(RuntimeError):
    """The interpreter ended a launch: an address outside the arrays, an instruction that it does not know, ...
    The text has instruction, kernel, block, wave and lane."""


class BadCodeObject(ValueError):
    """No code object, or none that the interpreter can load."""


class Missing(RuntimeError):
    """The interpreter's library cannot be loaded, or that of LLVM which disassembles code for the target."""


class _Range(ctypes.Structure):
    _fields_ = [("begin", c_void_p), ("bytes", c_uint64), ("element_bytes", c_uint32), ("reserved", c_uint32),
                ("stores", c_void_p), ("last_wave", c_void_p), ("unwritten_loads", c_void_p)]


class _Launch(ctypes.Structure):
    _fields_ = [("object", c_void_p), ("kernel", c_uint32), ("grid", c_uint32 * 3), ("block", c_uint32 * 3),
                ("dynamic_lds", c_uint32), ("arguments", c_char_p), ("argument_bytes", c_uint64),
                ("ranges", ctypes.POINTER(_Range)), ("range_count", c_uint64), ("order_seed", c_int64),
                ("wave_order", c_uint32), ("checks", c_uint32)]


def _places() -> list[Path]:
    """Where the library may lie: beside that of the worker, in the package, in the folder of the program."""
    name = "libmlacheck_amd.so"
    given = os.environ.get("MLACHECK_AMD_LIBRARY")
    if given:
        return [Path(given)]
    places = [Path(word).parent / name for word in sys.argv if word.endswith("libmlacheck_worker.so")]
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        worker = next((line.split(maxsplit=5)[5].strip() for line in maps
                       if line.rstrip().endswith("libmlacheck_worker.so")), None)
    if worker is not None:
        places.append(Path(worker).parent / name)
    program = os.environ.get("MLACHECK")
    if program:
        places.append(Path(program).resolve().parent / name)
    places.append(Path(__file__).parent / "bin" / name)
    return places


@functools.lru_cache(maxsize=1)
def _library() -> Any:
    places = _places()
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise Missing(f"libmlacheck_amd.so: expected it at one of {', '.join(map(str, places))}, "
                      "or where $MLACHECK_AMD_LIBRARY says")
    library = ctypes.CDLL(str(found))
    library.mlacheck_amd_version.restype = c_uint32
    if library.mlacheck_amd_version() != VERSION:
        raise Missing(f"{found}: version {library.mlacheck_amd_version()}, expected {VERSION}")
    library.mlacheck_amd_missing.argtypes = [c_char_p]
    library.mlacheck_amd_load.argtypes = [c_char_p, c_uint64]
    library.mlacheck_amd_load.restype = c_void_p
    library.mlacheck_amd_describe.argtypes = [c_void_p]
    library.mlacheck_amd_unknown.argtypes = [c_void_p, c_uint32]
    library.mlacheck_amd_launch.argtypes = [ctypes.POINTER(_Launch)]
    library.mlacheck_amd_launch.restype = c_int32
    for name in ("missing", "describe", "unknown", "error"):
        getattr(library, f"mlacheck_amd_{name}").restype = c_char_p
    library.mlacheck_amd_executed.restype = c_uint64
    return library


_targets: set[str] = set()  # of the code objects that were loaded


@functools.lru_cache(maxsize=None)
def _missing(target: str) -> Optional[str]:
    """What this machine lacks to run code for the target, or None."""
    text: Optional[bytes] = _library().mlacheck_amd_missing(target.encode())
    return None if text is None else text.decode("utf-8", "replace")


def unavailable(target: Optional[str] = None) -> Optional[str]:
    """Why code for the target cannot be run here, or None: for the argument of that name of mlacheck.subject.
    Without a target: why one of the code objects that were loaded cannot."""
    try:
        for name in sorted(_targets) if target is None else [target]:
            reason = _missing(name)
            if reason is not None:
                return f"needs the interpreter: {reason}"
        _library()
    except (Missing, OSError) as error:
        return f"needs the interpreter: {error}"
    return None


def executed() -> int:
    """Instructions that waves have executed in this process."""
    return int(_library().mlacheck_amd_executed())


@dataclasses.dataclass(frozen=True)
class Argument:
    """A parameter of a kernel as its metadata has it."""
    name: str
    kind: str  # "by_value", "global_buffer", "hidden_..."
    offset: int  # bytes, in the argument block
    bytes: int


@dataclasses.dataclass
class Counts:
    """Accesses of one launch to the elements of an array, in arrays of its shape."""
    stores: Array  # how often each element was stored
    last_wave: Array  # which wave stored last: linear block index * waves of a block + wave
    unwritten_loads: Array  # loads of the element before its first store


@dataclasses.dataclass(frozen=True)
class Arguments:
    """An argument block and the arrays that it points to."""
    block: bytes
    arrays: tuple[Array, ...]


def f32(value: float) -> bytes:
    """A float as the four bytes of an argument."""
    return struct.pack("<f", value)


def extent(array: Array) -> tuple[int, int]:
    """The bytes [begin, end) that the elements of an array take up, whatever its strides."""
    begin = end = array.ctypes.data
    if array.size == 0:
        return begin, begin
    for size, stride in zip(array.shape, array.strides):
        step = (size - 1) * stride
        begin, end = begin + min(step, 0), end + max(step, 0)
    return begin, end + array.itemsize


def pack(*values: Value, slot: int = 0) -> Arguments:
    """An argument block: arrays are pointers (8 bytes), numbers are 32-bit integers, bytes stand as they are,
    None is a null pointer. Each value is aligned to its size or, with `slot`, begins a slot of that many bytes."""
    block = bytearray()
    arrays = []
    for value in values:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            data = struct.pack("<Q", value.ctypes.data)
        elif value is None:
            data = bytes(8)
        elif isinstance(value, bytes):
            data = value
        elif isinstance(value, (int, np.integer)):
            data = struct.pack("<I", int(value) & 0xFFFFFFFF)
        else:
            raise TypeError(f"argument {len(arrays)} of an AMD kernel is {type(value).__name__}: expected an array, "
                            "an integer, bytes or None")
        if slot and len(data) > slot:
            raise ValueError(f"value of {len(data)} bytes: expected at most slot={slot}")
        unit = slot or len(data)
        block += bytes(-len(block) % unit) + data
    if slot:
        block += bytes(-len(block) % slot)
    return Arguments(bytes(block), tuple(arrays))


class Kernel:
    """One kernel of a code object."""

    def __init__(self, code: CodeObject, index: int, name: str, wave_size: int, lds_bytes: int,
                 argument_bytes: int) -> None:
        self._code = code
        self._index = index
        self.name = name
        self.wave_size = wave_size  # lanes
        self.lds_bytes = lds_bytes  # of a block, without dynamic LDS
        self.argument_bytes = argument_bytes
        self.arguments: list[Argument] = []

    @property
    def target(self) -> str:
        return self._code.target

    def unknown(self) -> list[tuple[int, str, str]]:
        """What the interpreter cannot execute: how often, mnemonic, reason."""
        library = _library()
        text = library.mlacheck_amd_unknown(self._code.handle, self._index)
        if text is None:
            raise Missing(library.mlacheck_amd_error().decode())
        lines = [line.split("\t") for line in text.decode().splitlines()]
        return [(int(count), mnemonic, reason) for count, mnemonic, reason in lines]

    def _block_of(self, values: Sequence[Value]) -> Arguments:
        """Values in the order of the metadata's arguments, without hidden ones."""
        wanted = [argument for argument in self.arguments if not argument.kind.startswith("hidden_")]
        if len(values) != len(wanted):
            names = ", ".join(argument.name or "?" for argument in wanted)
            raise TypeError(f"{self.name}: {len(values)} arguments, expected {len(wanted)}: {names}")
        block = bytearray(self.argument_bytes)
        arrays = []
        for argument, value in zip(wanted, values):
            if isinstance(value, np.ndarray):
                arrays.append(value)
                data = struct.pack("<Q", value.ctypes.data)
            elif value is None:
                data = bytes(argument.bytes)
            elif isinstance(value, bytes):
                data = value
            else:
                data = int(value).to_bytes(argument.bytes, "little", signed=value < 0)
            if len(data) != argument.bytes:
                raise TypeError(f"{self.name}: argument '{argument.name}' has {len(data)} bytes, "
                                f"expected {argument.bytes}")
            block[argument.offset:argument.offset + argument.bytes] = data
        return Arguments(bytes(block), tuple(arrays))

    def launch(self, grid: Sequence[int], block: Sequence[int], args: Union[Arguments, Sequence[Value]], *,
               dynamic_lds: int = 0, arrays: Sequence[Array] = (), watch: Sequence[Array] = (),
               order_seed: Optional[int] = None, wave_order: str = "ascending",
               checks: Sequence[str] = ()) -> list[Counts]:
        """Runs the kernel to its end; raises Fault, and Missing where the target's disassembler cannot be loaded.

        grid, block: blocks and threads of a block, up to three numbers each.
        args: what pack() returns, or values in the order of the metadata.
        arrays: more arrays that the kernel may access, through pointers in memory.
        watch: contiguous arrays whose accesses are counted; the result has the counts of each.
        order_seed: order of the blocks; None is ascending, x fastest.
        wave_order: how the waves of a block take turns: each to its barrier, "ascending" or "descending", or one
        instruction of each, "in_step".
        checks: of CHECKS; what they find raises Fault. They make a launch about ten times slower."""
        if wave_order not in WAVE_ORDERS:
            raise ValueError(f"wave_order {wave_order!r}: expected one of {' '.join(WAVE_ORDERS)}")
        for name in checks:
            if name not in CHECKS:
                raise ValueError(f"checks {name!r}: expected some of {' '.join(CHECKS)}")
        reason = _missing(self.target)
        if reason is not None:
            raise Missing(reason)
        given = args if isinstance(args, Arguments) else self._block_of(args)
        counts = []
        ranges = []
        for array in watch:
            if not array.flags.c_contiguous:
                raise ValueError(f"watch: strides {array.strides} of shape {array.shape}: expected a contiguous array")
            # One counter more keeps arrays without elements from having a null pointer.
            counters = [np.zeros(array.size + 1, np.uint32) for _ in range(3)]
            ranges.append(_Range(array.ctypes.data, array.nbytes, array.itemsize, 0,
                                 *(counter.ctypes.data for counter in counters)))
            counts.append(Counts(*(counter[:array.size].reshape(array.shape) for counter in counters)))
        for array in (*given.arrays, *arrays):
            begin, end = extent(array)
            ranges.append(_Range(begin, end - begin, 1, 0, None, None, None))
        listed = (_Range * len(ranges))(*ranges)
        filled = [[*map(int, numbers), 1, 1, 1][:3] for numbers in (grid, block)]
        request = _Launch(self._code.handle, self._index, (c_uint32 * 3)(*filled[0]), (c_uint32 * 3)(*filled[1]),
                          dynamic_lds, given.block, len(given.block), listed, len(ranges),
                          -1 if order_seed is None else order_seed, WAVE_ORDERS.index(wave_order),
                          sum(1 << CHECKS.index(name) for name in set(checks)))
        library = _library()
        status = library.mlacheck_amd_launch(ctypes.byref(request))
        if status == 0:
            return counts
        text = library.mlacheck_amd_error().decode("utf-8", "replace")
        raise Fault(text) if status == 2 else ValueError(text)


class CodeObject:
    """A loaded code object; it stays loaded."""

    def __init__(self, contents: bytes, name: str) -> None:
        library = _library()
        self.handle = library.mlacheck_amd_load(contents, len(contents))
        if not self.handle:
            raise BadCodeObject(f"{name}: {library.mlacheck_amd_error().decode()}")
        self.name = name
        self.target = ""
        self.kernels: list[Kernel] = []
        for line in library.mlacheck_amd_describe(self.handle).decode().splitlines():
            kind, *fields = line.split("\t")
            if kind == "target":
                self.target = fields[0]
                _targets.add(self.target)
            elif kind == "kernel":
                self.kernels.append(Kernel(self, len(self.kernels), fields[0], *map(int, fields[1:])))
            else:
                argument = Argument(fields[0], fields[1], int(fields[2]), int(fields[3]))
                self.kernels[-1].arguments.append(argument)

    def kernel(self, name: Optional[str] = None) -> Kernel:
        """The kernel of this name, or the only one."""
        found = [kernel for kernel in self.kernels if name is None or kernel.name == name]
        if len(found) != 1:
            names = " ".join(kernel.name for kernel in self.kernels)
            raise KeyError(f"kernel {name!r} of {self.name}: expected one of {names}")
        return found[0]


def load(code: Union[str, os.PathLike[str], bytes]) -> CodeObject:
    """A code object: the path of an ELF file, or its bytes."""
    if isinstance(code, bytes):
        return CodeObject(code, f"code object of {len(code)} bytes")
    return CodeObject(Path(code).read_bytes(), os.fspath(code))
