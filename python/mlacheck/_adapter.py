"""What the bridge asks of a framework: _numpy.py, _torch.py, _cupy.py and _jax.py answer, each in a class
`Adapter`. They are imported in workers alone, and only for the subjects that need them."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, ContextManager, Optional

from mlacheck import _abi

# The element types of the harness, by DLPack's code and bits.
DTYPES = {(_abi.FLOAT, 32): "float32", (_abi.FLOAT, 16): "float16", (_abi.BFLOAT, 16): "bfloat16",
          (_abi.INT, 32): "int32", (_abi.UINT, 8): "uint8"}
CODES = {name: code for code, name in DTYPES.items()}


def dtype_name(tensor: _abi.DLTensor) -> str:
    return DTYPES[tensor.dtype.code, tensor.dtype.bits]


class Adapter:
    """Arrays of one framework over the memory of the harness."""

    # Raised by the framework where there is no memory; beside MemoryError.
    out_of_memory: tuple[type[BaseException], ...] = ()

    def __init__(self, library: Any, device: int) -> None:
        self.library = library
        self.device = device

    def array(self, tensor: _abi.DLTensor, writable: bool) -> Any:
        """The memory of `tensor` as an array. Raises Unsupported for an element type that the framework
        does not have."""
        raise NotImplementedError

    def store(self, name: str, target: Any, value: Any) -> None:
        """Copies a returned value into an output; raises TypeError or ValueError if it is no array of the
        same shape and type."""
        raise NotImplementedError

    def is_same(self, value: Any, array: Any) -> bool:
        """Whether `value` is another view of exactly the elements of `array`: same memory, shape, strides and
        type."""
        return False

    def dtype_name(self, dtype: Any) -> Optional[str]:
        """"float32" for what a function hands to mlacheck.empty(); None if it is no type of the harness."""
        raise NotImplementedError

    def running(self, stream: Optional[int], byte: int) -> ContextManager[object]:
        """Around a call: work goes to the stream, and new memory is filled with `byte`."""
        return contextlib.nullcontext()


def make(framework: str, library: Any, device: int) -> Adapter:
    module = importlib.import_module(f"mlacheck._{framework}")
    adapter: Adapter = module.Adapter(library, device)
    return adapter


def check_stored(name: str, shape: tuple[int, ...], dtype: str, value_shape: tuple[int, ...],
                 value_dtype: str) -> None:
    if tuple(value_shape) != tuple(shape):
        raise ValueError(f"returned {name} has shape {tuple(value_shape)}, expected {tuple(shape)}")
    if value_dtype != dtype:
        raise TypeError(f"returned {name} has type {value_dtype}, expected {dtype}")
