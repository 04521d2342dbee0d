"""FlashMLA: dense decode of DeepSeek's head size, 512 columns of values and 64 more of keys.

vLLM and SGLang ship its kernels in their own packages, under the same names. All requests of a call have the
same number of tokens, here one. A row without keys has a log-sum-exp of +inf. Operands are read by the tensor
memory accelerator, whose addresses are multiples of 16 bytes: others are an illegal instruction.
"""

import functools

import mlacheck
from mlacheck.upstream._needs import entry, needs

TRIED = {
    "flash_mla.flash_mla_with_kvcache": "entry point of 2026-04; has not run: it is on no package index",
    "vllm.v1.attention.ops.flashmla.flash_mla_with_kvcache": "0.33.0 on an H200 (docs/found.md)",
    "sgl_kernel.flash_mla.flash_mla_with_kvcache": "sglang-kernel 0.4.3 on an H200 (docs/found.md)",
}

OWN = "flash_mla"
OF_VLLM = "vllm.v1.attention.ops.flashmla"
OF_SGLANG = "sgl_kernel.flash_mla"


def decode(module):
    return functools.partial(
        mlacheck.subject,
        "mla_decode",
        backend="cuda",
        framework="torch",
        agreement="within_bound",
        conventions=mlacheck.conventions(batch="dependent"),
        numerics="triton",
        domain=mlacheck.domain(
            where="page_map=block_table page=64 latent=512 rope=64 dtype=f16,bf16 requests[0]=1 "
            "padding=0 no_empty_request align=16 q.layout=dense kv.layout=dense block_table.layout=dense "
            "q.idle_stride=product kv.idle_stride=product block_table.idle_stride=product"
        ),
        unavailable=needs(f"{module}:flash_mla_with_kvcache"),
    )


def call(module, q, kv, block_table, seq_lens, latent, scale, causal):
    schedule, _ = entry(f"{module}:get_mla_metadata")()
    out, lse = entry(f"{module}:flash_mla_with_kvcache")(
        q.unsqueeze(1), kv.unsqueeze(2), block_table, seq_lens, latent, schedule,
        softmax_scale=scale, causal=bool(causal),
    )  # fmt: skip
    return out.squeeze(1), lse.squeeze(2)


@decode(OWN)(variant="flash_mla_dense")
def dense(q, kv, block_table, seq_lens, *, latent, scale, causal):
    return call(OWN, q, kv, block_table, seq_lens, latent, scale, causal)


@decode(OF_VLLM)(variant="vllm_flash_mla_dense")
def dense_of_vllm(q, kv, block_table, seq_lens, *, latent, scale, causal):
    return call(OF_VLLM, q, kv, block_table, seq_lens, latent, scale, causal)


@decode(OF_SGLANG)(variant="sglang_flash_mla_dense")
def dense_of_sglang(q, kv, block_table, seq_lens, *, latent, scale, causal):
    return call(OF_SGLANG, q, kv, block_table, seq_lens, latent, scale, causal)
