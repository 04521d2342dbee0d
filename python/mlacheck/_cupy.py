"""Arrays of CuPy on a GPU. There is no bfloat16 in CuPy."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Optional

import cupy

from mlacheck import _abi, _adapter
from mlacheck._errors import Unsupported

TYPES = ("float32", "float16", "int32", "uint8")


class Adapter(_adapter.Adapter):
    def __init__(self, library: Any, device: int) -> None:
        super().__init__(library, device)
        self.out_of_memory = (cupy.cuda.memory.OutOfMemoryError,)
        self._pool = cupy.cuda.MemoryPool()

    def array(self, tensor: _abi.DLTensor, writable: bool) -> Any:
        name = _adapter.dtype_name(tensor)
        if name not in TYPES:
            raise Unsupported(f"cupy has no {name}")
        rank = tensor.ndim
        shape, strides = tuple(tensor.shape[:rank]), tuple(tensor.strides[:rank])
        width = tensor.dtype.bits // 8
        if 0 in shape:
            return cupy.empty(shape, dtype=name)
        span = 1 + sum((extent - 1) * stride for extent, stride in zip(shape, strides))
        memory = cupy.cuda.UnownedMemory(tensor.data, span * width, None, tensor.device.device_id)
        return cupy.ndarray(shape, dtype=name, memptr=cupy.cuda.MemoryPointer(memory, 0),
                            strides=tuple(stride * width for stride in strides))

    def store(self, name: str, target: Any, value: Any) -> None:
        if not isinstance(value, cupy.ndarray):
            raise TypeError(f"returned {name} is {type(value).__name__}, expected a cupy.ndarray")
        _adapter.check_stored(name, target.shape, str(target.dtype), value.shape, str(value.dtype))
        target[...] = value

    def is_same(self, value: Any, array: Any) -> bool:
        return isinstance(value, cupy.ndarray) and value.dtype == array.dtype and (
            value.shape, value.strides, value.data.ptr) == (array.shape, array.strides, array.data.ptr)

    def dtype_name(self, dtype: Any) -> Optional[str]:
        name = str(cupy.dtype(dtype))
        return name if name in TYPES else None

    @contextlib.contextmanager
    def running(self, stream: Optional[int], byte: int) -> Iterator[None]:
        def poisoned(size: int) -> Any:
            pointer = self._pool.malloc(size)
            if size > 0:
                pointer.memset_async(byte, size)
            return pointer
        with cupy.cuda.ExternalStream(stream or 0), cupy.cuda.using_allocator(poisoned):
            yield
