"""mlacheck.empty(): scratch of the harness, poisoned, guarded and counted."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Optional, Sequence, Union

from mlacheck import _abi, _adapter


class Running:
    """The call in progress."""

    def __init__(self, adapter: _adapter.Adapter, context: Any) -> None:
        self.adapter = adapter
        self.context = context

    def allocate(self, name: str, shape: Sequence[int], dtype: Any) -> Any:
        known = self.adapter.dtype_name(dtype)
        if known is None:
            words = " ".join(_adapter.CODES)
            raise TypeError(f"mlacheck.empty: dtype {dtype!r}: expected one of {words}")
        code, bits = _adapter.CODES[known]
        extents = (ctypes.c_int64 * len(shape))(*shape)
        made = _abi.DLTensor()
        failed = self.context.contents.allocate(
            self.context, name.encode(), _abi.DLDataType(code, bits, 1), len(shape), extents,
            ctypes.byref(made))
        if failed:
            raise MemoryError(f"mlacheck.empty: no memory for {known}{tuple(shape)}")
        return self.adapter.array(made, True)


running: Optional[Running] = None


def empty(shape: Union[int, Sequence[int]], dtype: Any = "float32", *, name: str = "scratch") -> Any:
    """Scratch of the harness: poisoned, guarded and counted, and gone when the call ends.

    shape: a number or a sequence of numbers. dtype: of the function's framework, or "float32", "float16",
    "bfloat16", "int32" or "uint8". name: what findings call it. Returns an array of the framework, row-major
    and without gaps. Raises MemoryError where there is none, or where the harness plays that; TypeError for
    another dtype.

    Outside a call of the harness: the empty() of the framework that `dtype` belongs to, so that the function
    can be tried by hand.
    """
    extents = (shape,) if isinstance(shape, int) else tuple(shape)
    if running is not None:
        return running.allocate(name, extents, dtype)
    module = type(dtype).__module__.partition(".")[0]
    framework = sys.modules["torch"] if module == "torch" else __import__("numpy")
    return framework.empty(extents, dtype=dtype)
