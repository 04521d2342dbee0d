"""Triton kernels compiled for AMD targets without a GPU, as Triton's own launcher specialises them, and run by the
interpreter of mlacheck.amd."""

from __future__ import annotations

import importlib.util
from typing import Any, Mapping, NamedTuple, Optional

import numpy as np

from mlacheck import amd

WAVE = 64
TYPES = {"float32": "*fp32", "float16": "*fp16", "bfloat16": "*bf16", "int32": "*i32", "uint8": "*u8"}
# Triton takes buffer instructions, whose offsets have 32 bits, for storages of at most so many bytes.
SMALL = 2**31 - 1


class _Compiled(NamedTuple):
    kernel: amd.Kernel
    threads: int
    lds: int  # bytes, all of it asked for by the launch


_compiled: dict[tuple[Any, ...], _Compiled] = {}


def unavailable() -> Optional[str]:
    if importlib.util.find_spec("triton") is None:
        return "needs triton, which is not installed"
    if importlib.util.find_spec("triton.backends.amd") is None:
        return "needs triton with its AMD backend"
    return amd.unavailable("gfx950")


def _type_and_attributes(value: Any) -> tuple[str, str]:
    """The type that a signature has, and the letters of Triton's specialization: D is "a multiple of 16", S "32 bits
    of offset will do"."""
    if isinstance(value, np.ndarray):
        begin, end = amd.extent(value)
        small = "S" if end - begin <= SMALL else ""
        return TYPES[str(value.dtype)], ("D" if value.ctypes.data % 16 == 0 else "") + small
    wide = not -2**31 <= value < 2**31
    return "i64" if wide else "i32", "D" if value % 16 == 0 else ""


def _compile(function: Any, key: tuple[Any, ...], target: str, options: Mapping[str, Any]) -> _Compiled:
    import triton
    from triton.backends.compiler import GPUTarget

    gpu = GPUTarget("hip", target, WAVE)
    backend = triton.compiler.make_backend(gpu)
    signature, constants, attributes = {}, {}, {}
    for place, (name, kind, what) in enumerate(key):
        signature[name] = kind
        if kind == "constexpr":
            constants[name] = what
        elif what:
            attributes[(place,)] = backend.parse_attr(what)
    source = triton.compiler.ASTSource(function, signature, constants, attributes)
    made = triton.compile(source, target=gpu, options=dict(options))
    return _Compiled(amd.load(made.asm["hsaco"]).kernel(), made.metadata.num_warps * WAVE, made.metadata.shared)


def launch(function: Any, grid: tuple[int, ...], arguments: Mapping[str, Any], constants: Mapping[str, Any], *,
           target: str = "gfx950", options: Optional[Mapping[str, Any]] = None) -> None:
    """function: what @triton.jit or @triton.heuristics made. arguments: arrays and whole numbers by name; a number 1
    becomes a constant, as in Triton's launcher. constants: values of constexpr parameters. options: num_warps and
    the like."""
    while not hasattr(function, "arg_names") or hasattr(function, "values"):
        function = function.fn
    key = []
    for name in function.arg_names:
        if name in constants:
            key.append((name, "constexpr", constants[name]))
        elif not isinstance(arguments[name], np.ndarray) and arguments[name] == 1:
            key.append((name, "constexpr", 1))
        else:
            key.append((name, *_type_and_attributes(arguments[name])))
    options = options or {}
    full = (function, target, tuple(key), tuple(sorted(options.items())))
    if full not in _compiled:
        _compiled[full] = _compile(function, tuple(key), target, options)
    made = _compiled[full]
    values = [arguments[name] for name, kind, _ in key if kind != "constexpr"]
    # Pointers to scratch of Triton's own follow, of which these kernels have none.
    wanted = sum(not argument.kind.startswith("hidden_") for argument in made.kernel.arguments)
    made.kernel.launch(grid, (made.threads,), [*values, *[None] * (wanted - len(values))], dynamic_lds=made.lds)
