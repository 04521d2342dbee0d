"""aiter's MXFP4 kernels for AMD, as shipped: Triton compiles them for gfx950, and the interpreter of mlacheck.amd runs
the machine code. No GPU takes part.

The sources and the tuned configurations are those of the package amd-aiter, found where it is installed or where
$MLACHECK_AITER_META says (the folder aiter_meta, beside which the folder aiter lies). Only the files with the kernels
are imported: the package as a whole needs torch and a GPU. What its host functions do around the kernels is in this
file; it follows aiter/ops/triton/batched_gemm_afp4wfp4_pre_quant.py and fused_mxfp4_quant.py.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any, Optional

import mlacheck
from mlacheck import amd
from mlacheck.upstream import _triton_amd

TRIED = {
    "aiter.ops.triton.batched_gemm_afp4wfp4_pre_quant.batched_gemm_afp4wfp4_pre_quant":
        "the kernels of amd-aiter 0.1.7.post2.dev18 for gfx950, interpreted (docs/found.md)",
    "aiter.ops.triton.fused_mxfp4_quant.fused_flatten_mxfp4_quant for gfx950":
        "the kernel of amd-aiter 0.1.7.post2.dev18, interpreted (docs/found.md)",
}

BLOCK = 32  # elements that share a scale
DEVICE = "MI350X"  # what aiter calls gfx950
# The package under other names, so that an installed one stays as it is: as shipped, and with ties to even.
PRIVATE = {False: "_mlacheck_aiter", True: "_mlacheck_aiter_even"}
OPTIONS = ("num_warps", "num_stages", "waves_per_eu", "matrix_instr_nonkdim", "kpack")
Array = Any


def folder() -> Optional[Path]:
    """The folder of the package aiter, or None."""
    given = os.environ.get("MLACHECK_AITER_META")
    if given:
        places = [Path(given).parent / "aiter"]
    else:
        try:
            found = importlib.util.find_spec("aiter")
        except ModuleNotFoundError:
            found = None
        places = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    return next((place for place in places if (place / "ops" / "triton" / "_triton_kernels").is_dir()), None)


def unavailable() -> Optional[str]:
    if folder() is None:
        return "needs aiter, which is not installed"
    return _triton_amd.unavailable()


@functools.lru_cache(maxsize=None)
def kernels(name: str, even: bool = False) -> Any:
    """A module of aiter.ops.triton._triton_kernels; `even`: with a quantizer that rounds ties to even."""
    root = folder()
    if root is None:
        raise FileNotFoundError("aiter is not installed, and $MLACHECK_AITER_META does not say where it is")
    private = PRIVATE[even]
    for package in ("", ".ops", ".ops.triton", ".ops.triton._triton_kernels", ".ops.triton.utils",
                    ".ops.triton.utils._triton"):
        module = types.ModuleType(private + package)
        module.__path__ = [str(root.joinpath(*package.split(".")[1:]))]
        sys.modules.setdefault(private + package, module)
    # It asks the driver, and there is none.
    arch_info = importlib.import_module(f"{private}.ops.triton.utils._triton.arch_info")
    arch_info.get_device = lambda: DEVICE
    module = importlib.import_module(f"{private}.ops.triton._triton_kernels.{name}")
    if even:
        quantizer = importlib.import_module("mlacheck.upstream._even_ties")
        quantizer.shipped = importlib.import_module(f"{private}.ops.triton._triton_kernels.quant")._mxfp4_quant_op
        module._mxfp4_quant_op = quantizer.quantize
    return module


def _up(value: int, unit: int) -> int:
    return -(-value // unit)


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _strides(array: Array) -> tuple[int, ...]:
    return tuple(stride // array.itemsize for stride in array.strides)


def _named(prefix: str, axes: str, strides: tuple[int, ...]) -> dict[str, int]:
    return {prefix + axis: stride for axis, stride in zip(axes, strides)}


def configuration(rows: int, columns: int, packed: int) -> dict[str, Any]:
    """Of one product; `packed` is K / 2. The host function changes the cached one in place; this is a copy."""
    module = kernels("batched_gemm_afp4wfp4_pre_quant")
    config = dict(module._get_config(rows, columns, packed))
    if config["NUM_KSPLIT"] > 1:
        split, block, splits = module.get_splitk(packed, config["BLOCK_SIZE_K"], config["NUM_KSPLIT"])
        config.update(SPLITK_BLOCK_SIZE=split, BLOCK_SIZE_K=block, NUM_KSPLIT=splits)
    else:
        config["SPLITK_BLOCK_SIZE"] = 2 * packed
    if config["BLOCK_SIZE_K"] >= 2 * packed:
        config.update(BLOCK_SIZE_K=_power_of_two(2 * packed), SPLITK_BLOCK_SIZE=2 * packed)
    return config


def product(x: Array, w: Array, w_scales: Array, y: Array, even: bool = False) -> None:
    """batched_gemm_afp4wfp4_pre_quant. x [B, M, K], w [B, N, K / 2], w_scales [B, N, K / 32], y [B, M, N]."""
    module = kernels("batched_gemm_afp4wfp4_pre_quant", even)
    batch, rows, columns = y.shape
    packed = w.shape[2]
    config = configuration(rows, columns, packed)
    splits = config["NUM_KSPLIT"]
    target = mlacheck.empty((batch, splits, rows, columns), "float32", name="y_pp") if splits > 1 else y
    target_strides = _strides(target) if splits > 1 else (_strides(y)[0], 0, *_strides(y)[1:])
    options = {name: config.pop(name) for name in OPTIONS if name in config}
    block_k, split_block = config["BLOCK_SIZE_K"], config["SPLITK_BLOCK_SIZE"]
    tiles = _up(rows, config["BLOCK_SIZE_M"]) * _up(columns, config["BLOCK_SIZE_N"])
    # What @triton.heuristics computes.
    even = packed % (block_k // 2) == 0 and split_block % block_k == 0 and packed % (split_block // 2) == 0
    _triton_amd.launch(
        module._batched_gemm_afp4_wfp4_pre_quant_kernel, (batch, splits * tiles),
        {"a_ptr": x, "b_ptr": w, "c_ptr": target, "b_scales_ptr": w_scales, "M": rows, "N": columns, "K": packed,
         **_named("stride_a", "bmk", _strides(x)), **_named("stride_b", "bnk", _strides(w)),
         **_named("stride_c", "bkmn", target_strides), **_named("stride_bs", "bnk", _strides(w_scales))},
        {**config, "EVEN_K": even, "GRID_MN": tiles}, options=options)
    if splits > 1:
        rows_each, columns_each = 16, 64
        _triton_amd.launch(
            module._batched_gemm_afp4_wfp4_pre_quant_reduce_kernel,
            (batch, _up(rows, rows_each), _up(columns, columns_each)),
            {"c_in_ptr": target, "c_out_ptr": y, "M": rows, "N": columns,
             **_named("stride_c_in_", "bkmn", _strides(target)), **_named("stride_c_out_", "bmn", _strides(y))},
            {"BLOCK_SIZE_M": rows_each, "BLOCK_SIZE_N": columns_each,
             "ACTUAL_KSPLIT": _up(packed, split_block // 2), "MAX_KSPLIT": splits})


def flatten(x: Array, even: bool = False) -> tuple[Array, Array]:
    """fused_flatten_mxfp4_quant. x [M, N1, N2]; the codes [M, N1 N2 / 2] and the scales [M, N1 N2 / 32]."""
    rows, heads, columns = x.shape
    codes = mlacheck.empty((rows, heads * columns // 2), "uint8", name="out")
    scales = mlacheck.empty((_up(heads * columns, BLOCK), rows), "uint8", name="out_block_scales").T
    _triton_amd.launch(
        kernels("fused_mxfp4_quant", even)._fused_flatten_mxfp4_quant, (rows, heads),
        {"x_ptr": x, "out_ptr": codes, "out_scales_ptr": scales,
         **dict(zip(("x_stride_m", "x_stride_n1", "x_stride_n2"), _strides(x))),
         **_named("out_stride_", "mn", _strides(codes)), **_named("out_scales_stride_", "mn", _strides(scales)),
         "N2": columns},
        {"BLOCK_SIZE_N2": max(_power_of_two(columns), BLOCK), "MXFP4_QUANT_BLOCK_SIZE": BLOCK})
    return codes, scales


def heads_first(array: Array) -> Array:
    return array.transpose(1, 0, 2)


# docs/found.md says what is wrong. Without strides beyond 32 bits, a K that the tiles of a configuration do not divide
# and numbers at the end of the range, and with ties to even, they pass.
PRODUCTS = "form=a16wfp4 splits=1 T>=1 H>=1 V>=1 blocks>=1"
TILED = "blocks=4,8,16,32 values!=every_code,special,alone"
HEADS = "form=mxfp4 special_block=launder T>=1 H>=1 V>=2"
POWERS = "V=32,64,128,256 values!=huge,special,alone"

multiply = functools.partial(mlacheck.subject, "quantized_bmm", framework="numpy", unavailable=unavailable)
quantize = functools.partial(mlacheck.subject, "flatten_quant", framework="numpy", unavailable=unavailable)


def _near(*arrays: Array) -> None:
    """Offsets inside a batch or a head are products of 32 bits."""
    for array in arrays:
        begin, end = amd.extent(array)
        if end - begin > 2**31 - 1:
            raise mlacheck.Unsupported(f"an operand of shape {array.shape} reaches over {end - begin} bytes")


def _copying(x: Array, w: Array, w_scales: Array, out: Array, even: bool) -> None:
    dense = mlacheck.empty((out.shape[1], out.shape[0], out.shape[2]), str(out.dtype), name="dense_product")
    product(heads_first(x), w, w_scales, dense, even)
    heads_first(out)[...] = dense


@multiply(variant="aiter_product_copy", domain=PRODUCTS)
def product_copy(x: Array, w: Array, w_scales: Array, out: Array) -> None:
    _copying(x, w, w_scales, out, False)


@multiply(variant="aiter_product", domain=PRODUCTS, baseline="aiter_product_copy", agreement="bitwise")
def product_strided(x: Array, w: Array, w_scales: Array, out: Array) -> None:
    product(heads_first(x), w, w_scales, heads_first(out))


@multiply(variant="aiter_product_copy_known", domain=f"{PRODUCTS} {TILED}")
def product_copy_known(x: Array, w: Array, w_scales: Array, out: Array) -> None:
    _near(x, w, w_scales, out)
    _copying(x, w, w_scales, out, True)


@multiply(variant="aiter_product_known", domain=f"{PRODUCTS} {TILED}", baseline="aiter_product_copy_known",
          agreement="bitwise")
def product_known(x: Array, w: Array, w_scales: Array, out: Array) -> None:
    _near(x, w, w_scales, out)
    product(heads_first(x), w, w_scales, heads_first(out), True)


def _store(made: tuple[Array, Array], codes: Array, scales: Array) -> None:
    codes[...], scales[...] = made


@quantize(variant="aiter_flatten_mxfp4_gfx950", domain=HEADS)
def flatten_mxfp4(x: Array, codes: Array, scales: Array) -> None:
    _store(flatten(x), codes, scales)


@quantize(variant="aiter_flatten_mxfp4_gfx950_known", domain=f"{HEADS} {POWERS}")
def flatten_mxfp4_known(x: Array, codes: Array, scales: Array) -> None:
    _near(x)
    _store(flatten(x, True), codes, scales)
