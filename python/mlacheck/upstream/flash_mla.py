"""FlashMLA: dense decode of DeepSeek's head size, 512 columns of values and 64 more of keys.

All requests of a call have the same number of tokens, here one. A row without keys has a log-sum-exp
of +inf.
"""

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {"flash_mla.flash_mla_with_kvcache": "entry point of 2026-04; has not run yet"}

ENTRY = "flash_mla:flash_mla_with_kvcache"


@mlacheck.subject(
    "mla_decode",
    variant="flash_mla_dense",
    backend="cuda",
    framework="torch",
    agreement="within_bound",
    conventions=mlacheck.conventions(batch="dependent"),
    numerics="triton",
    domain=mlacheck.domain(
        where="page_map=block_table page=64 latent=512 rope=64 dtype=f16,bf16 requests[0]=1 "
        "padding=0 no_empty_request q.layout=dense kv.layout=dense block_table.layout=dense"
    ),
    unavailable=needs(ENTRY),
)
def dense(q, kv, block_table, seq_lens, *, latent, scale, causal):
    schedule, _ = entry("flash_mla:get_mla_metadata")()
    out, lse = entry(ENTRY)(
        q.unsqueeze(1), kv.unsqueeze(2), block_table, seq_lens, latent, schedule,
        softmax_scale=scale, causal=bool(causal),
    )  # fmt: skip
    return out.squeeze(1), lse.squeeze(2)
