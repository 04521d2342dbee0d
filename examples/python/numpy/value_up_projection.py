"""Value up-projection, out[t,h,v] = sum over l of x[t,h,l] w[h,l,v], before and after a copy left.

Both write their product through a transposed view of the caller's buffer. The code before the change
then gave that view the shape of dense rows and copied the product onto it, as if it were elsewhere.
"""

import mlacheck
import numpy as np
from numpy.lib.stride_tricks import as_strided


def bmm(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """[H,T,L] times [H,L,V] into out [H,T,V]: fp32 sums in ascending order of L, rounded once."""
    total = np.zeros(out.shape, np.float32)
    with np.errstate(all="ignore"):
        for i in range(a.shape[2]):
            total += a[:, :, i, None].astype(np.float32) * b[:, i, None, :].astype(np.float32)
        out[...] = total.astype(out.dtype)


@mlacheck.subject("strided_bmm")
def into_view(x, w, out):
    bmm(x.transpose(1, 0, 2), w, out=out.transpose(1, 0, 2))


# The copy is harmless as long as the rows of the buffer have no gaps: it copies each element onto
# itself. With a longer row stride it moves rows that overlap, and writes between them.
@mlacheck.subject(
    "strided_bmm",
    variant="resize_and_copy",
    baseline="into_view",
    agreement="bitwise",
    domain=mlacheck.domain(where="out.layout=dense"),
)
@mlacheck.subject(
    "strided_bmm",
    variant="resize_and_copy_as_first_merged",
)
def resize_and_copy(x, w, out):
    tokens, heads, columns = out.shape
    view = out.transpose(1, 0, 2)
    bmm(x.transpose(1, 0, 2), w, out=view)
    product = view.transpose(1, 0, 2).reshape(tokens, heads * columns)
    size = out.itemsize
    resized = as_strided(out, (tokens, heads * columns), (heads * columns * size, size))
    resized[...] = product
