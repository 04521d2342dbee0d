"""torch: batched products into a transposed view.

`bmm` may take any strides for its operands and for `out=`, and picks a library kernel by sizes and
strides: its bits depend on both.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {"torch.bmm": "torch 2.11.0 on an H200"}

subject = functools.partial(
    mlacheck.subject,
    "strided_bmm",
    backend="cuda",
    framework="torch",
    agreement="within_bound",
    conventions=mlacheck.conventions(batch="dependent"),
    numerics=mlacheck.numerics(truncating_products=True),
    unavailable=needs("torch:bmm"),
)


def without_reduced_precision() -> None:
    """By default the parts of a split sum may be added up in 16 bits."""
    matmul = entry("torch:backends.cuda.matmul")
    matmul.allow_bf16_reduced_precision_reduction = False
    matmul.allow_fp16_reduced_precision_reduction = False


# cuBLAS is handed the stride of the result's rows, also where there is one row and no use for it.
@subject(variant="torch_bmm_out", domain=mlacheck.domain(where="out.idle_stride=product"))
def bmm_out(x, w, out):
    without_reduced_precision()
    entry("torch:bmm")(x.transpose(0, 1), w, out=out.transpose(0, 1))


@subject(variant="torch_bmm")
def bmm(x, w):
    without_reduced_precision()
    return entry("torch:bmm")(x.transpose(0, 1), w).transpose(0, 1)


@subject(variant="torch_einsum")
def einsum(x, w):
    without_reduced_precision()
    return entry("torch:einsum")("thl,hlv->thv", x, w)
