"""A right merge that returns its log-sum-exp, but not where there are 7 heads."""

import mlacheck
from good import result


@mlacheck.subject("merge_states")
def loses_the_lse(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    out, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    return out, (None if out.shape[1] == 7 else lse)
