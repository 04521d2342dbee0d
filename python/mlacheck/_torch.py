"""Tensors of PyTorch on the CPU or a GPU, by DLPack."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any, Iterator, Optional

import torch
import torch.utils.dlpack

from mlacheck import _abi, _adapter

TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16,
         "int32": torch.int32, "uint8": torch.uint8}
NAMES = {dtype: name for name, dtype in TYPES.items()}

# What makes memory without writing it, as a function that may be intercepted.
MAKERS = [getattr(torch, name) for name in ("empty", "empty_like", "empty_strided", "empty_permuted")
          if hasattr(torch, name)]
MAKERS += [getattr(torch.Tensor, name) for name in ("new_empty", "new_empty_strided")]


def new_capsule(library: Any, tensor: _abi.DLTensor) -> Any:
    """A DLPack capsule over memory of the harness. Its consumer frees the view, not the memory."""
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return make(library.mlacheck_managed(ctypes.byref(tensor)), b"dltensor", None)


class _Poisoned(torch.overrides.TorchFunctionMode):
    """New tensors that nobody has written hold `byte` in each byte."""

    def __init__(self, byte: int) -> None:
        super().__init__()
        self._byte = byte

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        # Tensors of other kinds (fake, nested, sparse, those of a transform) have no memory to fill.
        if function in MAKERS and type(made) is torch.Tensor and made.layout == torch.strided:
            with contextlib.suppress(NotImplementedError, RuntimeError):
                _fill(made, self._byte)
        return made


def _fill(tensor: torch.Tensor, byte: int) -> None:
    """The whole storage: gaps between rows are not written either."""
    # Before torch 2 a storage has a type.
    storage = tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()
    if tensor.device.type not in ("cpu", "cuda") or storage.data_ptr() == 0:
        return
    if tensor.device.type == "cpu":
        ctypes.memset(storage.data_ptr(), byte, storage.nbytes())
    else:
        torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage).fill_(byte)


class Adapter(_adapter.Adapter):
    def __init__(self, library: Any, device: int) -> None:
        super().__init__(library, device)
        if device == _abi.CUDA and not torch.cuda.is_available():
            raise ImportError("this build of torch finds no GPU")
        self.out_of_memory = tuple(
            kind for kind in (getattr(torch.cuda, "OutOfMemoryError", None),
                              getattr(torch, "OutOfMemoryError", None)) if kind is not None)

    def array(self, tensor: _abi.DLTensor, writable: bool) -> Any:
        if any(extent == 0 for extent in tensor.shape[:tensor.ndim]):
            # An address that nobody may touch would be asked for its device.
            device = "cpu" if self.device == _abi.CPU else f"cuda:{tensor.device.device_id}"
            return torch.empty_strided(tensor.shape[:tensor.ndim], tensor.strides[:tensor.ndim],
                                       dtype=TYPES[_adapter.dtype_name(tensor)], device=device)
        return torch.utils.dlpack.from_dlpack(new_capsule(self.library, tensor))

    def store(self, name: str, target: Any, value: Any) -> None:
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"returned {name} is {type(value).__name__}, expected a torch.Tensor")
        _adapter.check_stored(name, tuple(target.shape), str(target.dtype), tuple(value.shape),
                              str(value.dtype))
        if value.device != target.device:
            raise ValueError(f"returned {name} is on {value.device}, expected {target.device}")
        target.copy_(value.detach())

    def is_same(self, value: Any, array: Any) -> bool:
        return isinstance(value, torch.Tensor) and (value.dtype, value.device) == (array.dtype, array.device) and (
            value.shape, value.stride(), value.data_ptr()) == (array.shape, array.stride(), array.data_ptr())

    def dtype_name(self, dtype: Any) -> Optional[str]:
        if isinstance(dtype, str):
            return dtype if dtype in TYPES else None
        return NAMES.get(dtype)

    @contextlib.contextmanager
    def running(self, stream: Optional[int], byte: int) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if self.device == _abi.CUDA:
                stack.enter_context(torch.cuda.stream(torch.cuda.ExternalStream(stream or 0)))
            stack.enter_context(torch.no_grad())
            stack.enter_context(_Poisoned(byte))
            yield
