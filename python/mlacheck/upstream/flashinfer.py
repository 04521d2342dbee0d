"""FlashInfer: merges of attention states, and MLA decode.

States are [tokens, heads], with base-2 log-sum-exps, of which only -inf means "empty". A state whose
log-sum-exp is NaN counts as empty. Kernels are compiled when they are first called.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {
    "flashinfer.merge_state, merge_states": "0.6.18.post1 on an H200 (docs/found.md); entry points of 0.7.4",
    "flashinfer.mla.BatchMLAPagedAttentionWrapper": "0.6.18.post1 on an H200: three cases, of which one "
    "misaligned fault led to align=16",
}

# exp and log are the hardware's, whose logarithm next to 1 has an absolute error.
merge = functools.partial(
    mlacheck.subject,
    "merge_states",
    backend="cuda",
    framework="torch",
    conventions=mlacheck.conventions(lse_base=2, plus_infinity="not_given"),
    numerics="flashinfer",
    domain=mlacheck.domain(
        layout="dense",
        align=16,
        where="V=64,128,256 dtype=f16,bf16 copied=0 no_nan_lse finite_dead_values",
    ),
    unavailable=needs("flashinfer:merge_state"),
)


def by_token(lse):
    """[heads, tokens] as a dense [tokens, heads]."""
    return lse.transpose(0, 1).contiguous()


def store(merged, out, lse_out):
    out.copy_(merged[0])
    if lse_out is not None:
        lse_out.copy_(merged[1].transpose(0, 1))


@merge(variant="flashinfer_merge_state")
def merge_state(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None):
    merged = entry("flashinfer:merge_state")(
        prefix_out, by_token(prefix_lse), suffix_out, by_token(suffix_lse)
    )
    store(merged, out, lse_out)


@merge(variant="flashinfer_merge_states")
def merge_states(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None):
    stack = entry("torch:stack")
    merged = entry("flashinfer:merge_states")(
        stack([prefix_out, suffix_out], dim=1),
        stack([by_token(prefix_lse), by_token(suffix_lse)], dim=1),
    )
    store(merged, out, lse_out)


# Planning copies the index arrays to the host, so a call waits for the device.
@mlacheck.subject(
    "mla_decode",
    variant="flashinfer_mla",
    backend="cuda",
    framework="torch",
    agreement="within_bound",
    conventions=mlacheck.conventions(batch="dependent"),
    numerics="flashinfer",
    domain=mlacheck.domain(
        where="page_map=csr page=1,16,64 latent=512 rope=64 dtype=f16,bf16 padding=0 H>=1 align=16 "
        "q.layout=dense kv.layout=dense finite_dead_values"
    ),
    unavailable=needs("flashinfer.mla:BatchMLAPagedAttentionWrapper"),
)
def mla(q, kv, query_start_loc, kv_indptr, kv_indices, kv_last_page_len, *, latent, scale, causal):
    page = kv.shape[1]
    pages = kv_indptr[1:] - kv_indptr[:-1]
    lengths = ((pages - 1) * page + kv_last_page_len).clamp(min=0)
    workspace = entry("torch:empty")(128 << 20, dtype=entry("torch:uint8"), device=q.device)
    wrapper = entry("flashinfer.mla:BatchMLAPagedAttentionWrapper")(workspace, backend="auto")
    wrapper.plan(
        query_start_loc, kv_indptr, kv_indices, lengths, q.shape[1], latent, q.shape[2] - latent,
        page, bool(causal), scale, q.dtype, kv.dtype,
    )  # fmt: skip
    return wrapper.run(
        q[..., :latent], q[..., latent:], kv[..., :latent], kv[..., latent:],
        return_lse=True, return_lse_base_on_e=True,
    )  # fmt: skip
