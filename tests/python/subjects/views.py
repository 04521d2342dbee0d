"""Functions that write their outputs and return them, and names of several lengths."""

import mlacheck
from good import merge as right


@mlacheck.subject("merge_states", variant="twenty_letters_long_")
@mlacheck.subject("merge_states", variant="a_name_that_is_longer_than_the_column_of_the_table")
def returns_views(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    right(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)
    return out[:] if lse_out is None else (out[:], lse_out.view())


@mlacheck.subject("merge_states")
def returns_another(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                    prefill_tokens_with_context):
    right(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
          prefill_tokens_with_context=prefill_tokens_with_context)
    return out.copy()
