"""Arrays of JAX on the CPU. They cannot be written, so that a function must return its outputs, and inputs
are copies."""

from __future__ import annotations

from typing import Any, Optional

import jax
import jax.numpy as jnp
import numpy as np

from mlacheck import _abi, _adapter, _numpy


class Adapter(_adapter.Adapter):
    def __init__(self, library: Any, device: int) -> None:
        super().__init__(library, device)
        self._cpu = jax.devices("cpu")[0]

    def array(self, tensor: _abi.DLTensor, writable: bool) -> Any:
        seen = _numpy.array(tensor, writable)
        # An output stays what it is: store() writes it.
        return seen if writable else jax.device_put(np.array(seen), self._cpu)

    def store(self, name: str, target: Any, value: Any) -> None:
        if not isinstance(value, jax.Array):
            raise TypeError(f"returned {name} is {type(value).__name__}, expected a jax.Array")
        _numpy.store(name, target, np.asarray(value))

    def dtype_name(self, dtype: Any) -> Optional[str]:
        name = str(jnp.dtype(dtype))
        return name if name in _adapter.CODES else None
