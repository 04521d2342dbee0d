"""Small AMD kernels from assembly, by LLVM's tools. `amd_assembled.py FILE` writes one for gfx90a."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Optional

TOOLS = ("llvm-mc-19", "ld.lld-19")

# out[t] = x[t] w: the fourth argument is the number of elements.
SCALE = """
s_load_dwordx8 s[4:11], s[0:1], 0
v_and_b32_e32 v0, 0x3ff, v0
s_waitcnt lgkmcnt(0)
s_load_dword s13, s[6:7], 0
s_lshl_b32 s14, s2, 6
v_add_u32_e32 v0, s14, v0
v_lshlrev_b32_e32 v1, 2, v0
s_waitcnt lgkmcnt(0)
v_cmp_gt_u32_e32 vcc, s10, v0
s_and_b64 exec, exec, vcc
global_load_dword v2, v1, s[4:5]
s_waitcnt vmcnt(0)
v_mul_f32_e32 v2, s13, v2
global_store_dword v1, v2, s[8:9]
"""

DESCRIPTOR = """
.rodata
.p2align 6
.amdhsa_kernel k
.amdhsa_next_free_vgpr 512
.amdhsa_next_free_sgpr 96
.amdhsa_accum_offset 256
.amdhsa_group_segment_fixed_size {lds}
.amdhsa_kernarg_size {arguments}
.amdhsa_user_sgpr_kernarg_segment_ptr 1
.amdhsa_float_denorm_mode_32 3
.end_amdhsa_kernel
.amdgpu_metadata
amdhsa.version: [1, 1]
amdhsa.kernels:
  - .name: k
    .symbol: k.kd
    .kernarg_segment_size: {arguments}
    .kernarg_segment_align: 8
    .group_segment_fixed_size: {lds}
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 96
    .vgpr_count: 512
    .max_flat_workgroup_size: 1024
    .args:
{list}
.end_amdgpu_metadata
"""


def missing() -> Optional[str]:
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else None


# LLVM 19 does not know gfx950, whose code is that of gfx942 with more instructions; here they are words.
ASSEMBLED_AS = {"gfx950": "gfx942"}
FLAGS_AT = 48  # of e_flags in an ELF header of 64 bits; the lowest byte is the processor
PROCESSORS = {"gfx950": 0x4F}


def assembled(code: str, pointers: int, target: str, lds: int = 0,
              tools: tuple[str, str] = TOOLS) -> bytes:
    """A code object with the kernel k, whose arguments are so many pointers: s[0:1] points to them, v0 is the
    thread's number."""
    arguments = "\n".join(f"      - {{.name: p{i}, .offset: {8 * i}, .size: 8, .value_kind: global_buffer}}"
                          for i in range(pointers))
    text = (".text\n.globl k\n.p2align 8\n.type k,@function\nk:\n" + code + "\ns_endpgm\n.size k, .-k\n" +
            DESCRIPTOR.format(lds=lds, arguments=8 * pointers, list=arguments))
    with tempfile.TemporaryDirectory() as folder:
        source, made, linked = (Path(folder) / name for name in ("k.s", "k.o", "k.co"))
        source.write_text(text, encoding="utf-8")
        for command in ([tools[0], "-triple=amdgcn-amd-amdhsa", f"-mcpu={ASSEMBLED_AS.get(target, target)}",
                         "-filetype=obj", "-o", made, source],
                        [tools[1], "-shared", "-o", linked, made]):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
        made_bytes = bytearray(linked.read_bytes())
        if target in PROCESSORS:
            made_bytes[FLAGS_AT] = PROCESSORS[target]
        return bytes(made_bytes)


if __name__ == "__main__":
    # For ci/wheel: by the tools that `ci/setup hip` installs.
    Path(sys.argv[1]).write_bytes(assembled(SCALE, 4, "gfx90a", tools=("llvm-mc-15", "ld.lld-15")))
