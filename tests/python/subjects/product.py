"""Another op."""

import mlacheck
import numpy as np


@mlacheck.subject("strided_bmm", agreement="within_bound", domain="dtype=f32")
def einsum(x, w, out):
    # An infinity may only show in the row that has it.
    out[:] = (x[:, :, :, None] * w[None]).sum(axis=2, dtype=np.float32) if x.shape[2] else 0
