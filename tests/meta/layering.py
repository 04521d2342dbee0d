"""Which folder may include which: `layering.py SOURCE_FOLDER`.

Oracle and subject must share no arithmetic, so reference/ never sees kernels/ or harness/device/, and
kernels/ never sees reference/ or Eigen. LAYERS lists every arrow that is allowed. The arrows form a
directed acyclic graph, and each include line is held to them, so what holds for direct includes
holds for indirect ones.
"""

import re
import sys
from pathlib import Path

from project import cxx_files, report, root_argument

STANDARD = r"[a-z_0-9]+"  # <vector>, <cstdint>: no dot and no slash
SYSTEM = r"[a-z_0-9]+\.h|sys/[a-z]+\.h|sanitizer/[a-z_]+\.h"
CUDA = r"(cuda|cublas|cudnn|nv)\w*\.h|cuda/.+|mma\.h"
HIP = r"hip/.+|hipblas.*"
EIGEN = r"(unsupported/)?Eigen/.+|boost/multiprecision/.+"

# Folder, the project's folders that it may include, the other headers that it may include (None:
# any). The first entry whose folder is a prefix of the file's path counts.
LAYERS = [
    ("harness/core/", ["harness/core/"], STANDARD),
    ("harness/device/", ["harness/device/", "harness/core/"], f"{STANDARD}|{SYSTEM}|{CUDA}|{HIP}"),
    ("harness/memory/", ["harness/memory/", "harness/core/", "harness/backends/cpu/sanitizer.hpp"],
     f"{STANDARD}|{SYSTEM}"),
    ("harness/compare/", ["harness/compare/", "harness/core/"], STANDARD),
    ("harness/backends/",
     ["harness/backends/", "harness/core/", "harness/memory/", "harness/device/"], None),
    ("harness/abi/", [], r"stdint\.h|dlpack/dlpack\.h"),
    ("harness/plugin/", ["harness/plugin/", "harness/abi/", "harness/core/"],
     f"{STANDARD}|dlfcn\\.h"),
    ("harness/execute/", ["harness/execute/", "harness/core/", "harness/memory/",
                          "harness/backends/"], f"{STANDARD}|{SYSTEM}"),
    ("harness/checks/", ["harness/checks/", "harness/core/", "harness/compare/", "harness/memory/",
                         "harness/backends/", "harness/execute/", "properties/"], STANDARD),
    ("harness/run/",
     ["harness/run/", "harness/checks/", "harness/execute/", "harness/core/", "harness/memory/",
      "harness/compare/", "harness/backends/", "harness/plugin/", "properties/"],
     f"{STANDARD}|{SYSTEM}"),
    ("harness/worker/", ["harness/worker/", "harness/run/", "harness/checks/", "harness/core/",
                         "harness/backends/cpu/guard_pages.hpp"],
     f"{STANDARD}|{SYSTEM}|nlohmann/.+"),
    ("harness/arguments/", ["harness/arguments/", "harness/core/"], f"{STANDARD}|CLI/.+"),
    ("harness/cli/", ["harness/cli/", "harness/arguments/", "harness/worker/", "harness/run/",
                      "harness/execute/", "harness/core/", "harness/compare/",
                      "harness/backends/", "properties/"], None),
    ("reference/", ["reference/", "harness/core/"], f"{STANDARD}|{EIGEN}"),
    ("kernels/", ["kernels/", "harness/device/", "harness/core/"],
     f"{STANDARD}|dlfcn\\.h|{CUDA}|{HIP}"),
    ("properties/", ["properties/", "harness/core/", "harness/memory/", "reference/"],
     f"{STANDARD}|rapidcheck.*|Random123/.+"),
    ("tests/", [""], None),
    ("bench/", [""], None),
    ("examples/", [""], None),
]

# Device code is compiled by three compilers, for two of which the host's library is out of bounds.
FREESTANDING = re.compile(r"cstdint|cstddef|cmath|cfloat|climits|" + CUDA + "|" + HIP)

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>|(\S+))', re.MULTILINE)


def violations_of(root: Path, path: str) -> list[str]:
    layer = next((layer for layer in LAYERS if path.startswith(layer[0])), None)
    if layer is None:
        return [f"{path}: no entry of LAYERS says what this folder may include"]
    folder, own, foreign = layer
    found = []
    text = (root / path).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        where = f"{path}:{text.count(chr(10), 0, match.start(0)) + 1}"
        quoted, angled, other = match.groups()
        if other:
            found.append(f"{where}: include of the macro {other} cannot be checked")
        elif quoted:
            if not (root / quoted).is_file():
                found.append(f'{where}: "{quoted}" is not a path from the repository root')
            elif not quoted.startswith(tuple(own)):
                found.append(f'{where}: {folder} may not include "{quoted}"')
        elif foreign is not None and not re.fullmatch(foreign, angled):
            found.append(f"{where}: {folder} may not include <{angled}>")
        elif path.endswith(".kernel.h") and not FREESTANDING.fullmatch(angled):
            found.append(f"{where}: device code may not include <{angled}>")
    return found


def violations(root: Path) -> list[str]:
    return [line for path in cxx_files(root) for line in violations_of(root, path)]


if __name__ == "__main__":
    sys.exit(report("meta.layering", len(cxx_files(root_argument())), "files",
                    violations(root_argument())))
