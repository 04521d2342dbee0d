"""Kernels that other projects ship, as subjects: one module a project.

    mlacheck sweep --subject mlacheck.upstream.flashinfer

Each adapter calls a public entry point of the project and adds nothing but views and, where a layout
of the log-sum-exp leaves no choice, small copies. What the entry point does not promise is its domain.
A module can be imported without the project: its subjects are then unavailable, with the reason.
`TRIED` in each module says what was called in which version.
"""

PROJECTS = ("torch", "flashinfer", "vllm", "sglang", "aiter", "aiter_amd", "aiter_amd_persistent",
            "aiter_mxfp4_amd", "flash_mla")
