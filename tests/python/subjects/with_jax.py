"""A merge in JAX, which returns its outputs."""

import jax
import jax.numpy as jnp
import mlacheck


@jax.jit
def merged(prefix_out, prefix_lse, suffix_out, suffix_lse, copied):
    lp, ls = (jnp.where(lse == jnp.inf, -jnp.inf, lse) for lse in (prefix_lse, suffix_lse))
    high = jnp.maximum(lp, ls)
    empty = high == -jnp.inf
    shift = jnp.where(empty, 0, high)
    wp, ws = jnp.exp(lp - shift), jnp.exp(ls - shift)
    total = jnp.where(empty, 1, wp + ws)
    prefix, suffix = (jnp.where((lse == -jnp.inf).T[..., None], 0, values.astype(jnp.float32))
                      for lse, values in ((lp, prefix_out), (ls, suffix_out)))
    wp, ws, parts = wp.T[..., None], ws.T[..., None], total.T[..., None]
    both = prefix * (wp / parts) + suffix * (ws / parts)
    out = jnp.where(wp == 0, suffix, jnp.where(ws == 0, prefix, both)).astype(suffix_out.dtype)
    lse_out = jnp.where(empty, high, shift + jnp.log(total))
    return (jnp.where(copied[:, None, None], suffix_out, out),
            jnp.where(copied[None], suffix_lse, lse_out))


@mlacheck.subject("merge_states", numerics=mlacheck.numerics(exp_error_ulps=8.0))
def jitted(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    copied = jnp.arange(suffix_out.shape[0]) >= prefill_tokens_with_context
    return merged(prefix_out, prefix_lse, suffix_out, suffix_lse, copied)
