"""A product for each head, in NumPy on the CPU: docs/python.md begins with it."""

import mlacheck
import numpy as np  # noqa: F401 (the framework of the arrays)


@mlacheck.subject("strided_bmm", agreement="within_bound", domain="dtype=f32 latent<=64 V<=32")
def product(x, w, out):
    for head in range(out.shape[1]):
        out[:, head] = x[:, head] @ w[head]
