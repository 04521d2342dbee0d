"""A fold over a list of operands."""

import mlacheck
import numpy as np
from good import result


@mlacheck.subject("chunked_context", conventions=mlacheck.conventions(batch="dependent"))
def listed(chunk_out, chunk_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    everything = suffix_out.shape[0]
    out, lse = np.array(chunk_out[0]), np.array(chunk_lse[0])
    for values, sums in zip(chunk_out[1:], chunk_lse[1:]):
        out, lse = result(out, lse, values, sums, everything)
    return result(out, lse, suffix_out, suffix_lse, prefill_tokens_with_context)[0]
