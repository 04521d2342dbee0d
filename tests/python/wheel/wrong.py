"""A merge that forgets the suffix: ci/wheel sees it fail."""

import mlacheck
import numpy as np


@mlacheck.subject("merge_states")
def forgets_the_suffix(prefix_out: np.ndarray, prefix_lse: np.ndarray, suffix_out: np.ndarray,
                       suffix_lse: np.ndarray, out: np.ndarray) -> None:
    out[...] = prefix_out
