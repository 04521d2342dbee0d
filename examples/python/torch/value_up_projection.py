"""Value up-projection, out[t,h,v] = sum over l of x[t,h,l] w[h,l,v], before and after a copy left.

Both write their product through a transposed view of the caller's buffer. The code before the change
then gave that view the shape of dense rows and copied the product onto it, as if it were elsewhere.
"""

import functools

import mlacheck
import torch

# The default may add up the parts of a split sum in 16 bits.
torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False

# The library picks its kernel, and with it the order of the sums, by sizes and strides.
subject = functools.partial(
    mlacheck.subject,
    "strided_bmm",
    backend="cuda",
    agreement="within_bound",
    conventions=mlacheck.conventions(batch="dependent"),
    numerics=mlacheck.numerics(truncating_products=True),
)


# The library wants a leading dimension of its result, also where one row makes it pointless.
written_by_library = "out.idle_stride=product"


@subject(domain=mlacheck.domain(where=written_by_library))
def into_view(x, w, out):
    torch.bmm(x.transpose(0, 1), w, out=out.transpose(0, 1))


# The copy is harmless as long as the rows of the buffer have no gaps: it copies each element onto
# itself. With a longer row stride it moves rows that overlap, and writes between them. torch refuses it
# where the stride of an axis of extent 1 is not that of a dense tensor.
@subject(variant="resize_and_copy", domain=mlacheck.domain(where=f"out.layout=dense {written_by_library}"))
@subject(variant="resize_and_copy_as_first_merged", domain=mlacheck.domain(where=written_by_library))
def resize_and_copy(x, w, out):
    tokens, heads, columns = out.shape
    view = out.transpose(0, 1)
    torch.bmm(x.transpose(0, 1), w, out=view)
    product = view.transpose(0, 1).reshape(tokens, heads * columns)
    view.resize_(tokens, heads * columns)
    view.copy_(product)
