"""Arrays of NumPy on the CPU. bfloat16 is that of ml_dtypes."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
from typing import Any, Iterator, Optional

import numpy as np

from mlacheck import _abi, _adapter
from mlacheck._errors import Unsupported

try:
    import ml_dtypes
    BFLOAT16: Optional[np.dtype[Any]] = np.dtype(ml_dtypes.bfloat16)
except ImportError:
    BFLOAT16 = None

TYPES: dict[str, Optional[np.dtype[Any]]] = {
    name: np.dtype(name) for name in ("float32", "float16", "int32", "uint8")}
TYPES["bfloat16"] = BFLOAT16

# Where an array without elements points, which has no memory of its own.
NOWHERE = ctypes.create_string_buffer(16)


class _Memory:
    """What NumPy asks for the place of an array."""

    def __init__(self, interface: dict[str, Any]) -> None:
        self.__array_interface__ = interface


def array(tensor: _abi.DLTensor, writable: bool) -> np.ndarray[Any, Any]:
    dtype = TYPES[_adapter.dtype_name(tensor)]
    if dtype is None:
        raise Unsupported("bf16 needs the package ml_dtypes, which this interpreter does not have")
    rank = tensor.ndim
    # The interface has no name for bfloat16: its bits travel as integers.
    bits = np.dtype("uint16") if dtype is BFLOAT16 else dtype
    memory = _Memory({
        "version": 3, "typestr": bits.str, "shape": tuple(tensor.shape[:rank]),
        "strides": tuple(stride * dtype.itemsize for stride in tensor.strides[:rank]),
        "data": (tensor.data or ctypes.addressof(NOWHERE), not writable)})
    made = np.asarray(memory)
    return made if bits is dtype else made.view(dtype)


def store(name: str, target: np.ndarray[Any, Any], value: Any) -> None:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"returned {name} is {type(value).__name__}, expected a numpy array")
    _adapter.check_stored(name, target.shape, str(target.dtype), value.shape, str(value.dtype))
    target[...] = value


def _poison_handler(library: Any) -> None:
    """From now on memory of new arrays holds what mlacheck_poison() says: NumPy takes it from a function of
    the library."""
    major = int(np.__version__.partition(".")[0])
    core = importlib.import_module(f"numpy.{'_core' if major >= 2 else 'core'}._multiarray_umath")
    python = ctypes.pythonapi
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    python.PyCapsule_New.restype = ctypes.py_object
    python.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    table = python.PyCapsule_GetPointer(core._ARRAY_API, None)
    set_handler_index = 304  # PyDataMem_SetHandler, since NumPy 1.22
    functions = ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(functions[set_handler_index])
    set_handler(python.PyCapsule_New(library.mlacheck_numpy_memory(), b"mem_handler", None))


class Adapter(_adapter.Adapter):
    def __init__(self, library: Any, device: int) -> None:
        super().__init__(library, device)
        _poison_handler(library)

    def array(self, tensor: _abi.DLTensor, writable: bool) -> Any:
        return array(tensor, writable)

    def store(self, name: str, target: Any, value: Any) -> None:
        store(name, target, value)

    def is_same(self, value: Any, array: Any) -> bool:
        return isinstance(value, np.ndarray) and value.dtype == array.dtype and (
            value.shape, value.strides, value.ctypes.data) == (array.shape, array.strides, array.ctypes.data)

    def dtype_name(self, dtype: Any) -> Optional[str]:
        name = str(np.dtype(dtype))
        return name if name in TYPES else None

    @contextlib.contextmanager
    def running(self, stream: Optional[int], byte: int) -> Iterator[None]:
        self.library.mlacheck_poison(byte)
        # Overflow and NaN are part of the contract.
        with np.errstate(all="ignore"):
            yield
