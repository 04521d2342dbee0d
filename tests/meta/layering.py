"""Which folder may include which: `layering.py SOURCE_FOLDER`.

Oracle and subject must share no arithmetic, so reference/ never sees kernels/ or harness/device/, and
kernels/ never sees reference/ or Eigen. LAYERS lists every arrow that is allowed. The arrows form a
directed acyclic graph, and each include line is held to them, so what holds for direct includes
holds for indirect ones. Nor does an op see another op.
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

# Folder, the project's folders that it may include beside itself, the other headers that it may
# include (None: any). The first entry whose folder is a prefix of the file's path counts. The order is
# that of CMakeLists.txt: innermost first.
LAYERS = [
    ("harness/text/", [], STANDARD),
    ("harness/values/", [], STANDARD),
    ("harness/environment/", [], STANDARD),
    ("harness/verdict/", [], STANDARD),
    ("harness/case/", ["harness/text/"], STANDARD),
    ("harness/op/", ["harness/case/", "harness/values/", "harness/verdict/"],
     f"{STANDARD}|Random123/.+"),
    ("harness/domain/", ["harness/text/", "harness/case/", "harness/op/"], STANDARD),
    ("harness/device/", ["harness/op/", "harness/values/"], f"{STANDARD}|{SYSTEM}|{CUDA}|{HIP}"),
    ("harness/memory/", ["harness/op/", "harness/values/"], f"{STANDARD}|{SYSTEM}"),
    ("harness/compare/", ["harness/op/"], STANDARD),
    ("harness/backends/", ["harness/op/", "harness/verdict/", "harness/device/"], None),
    ("harness/amd/runtime/", ["harness/amd/"], f"{STANDARD}|{SYSTEM}|{HIP}"),
    ("harness/amd/", [], f"{STANDARD}|{SYSTEM}|dlfcn\\.h"),
    ("harness/abi/", [], STANDARD + r"|stdint\.h|dlpack/dlpack\.h"),
    ("harness/plugin/", ["harness/abi/", "harness/environment/", "harness/op/", "harness/text/",
                         "harness/values/"], f"{STANDARD}|dlfcn\\.h"),
    ("harness/execute/", ["harness/op/", "harness/environment/", "harness/memory/",
                          "harness/backends/"], f"{STANDARD}|{SYSTEM}"),
    ("harness/checks/", ["harness/op/", "harness/verdict/", "harness/environment/",
                         "harness/compare/", "harness/memory/", "harness/backends/",
                         "harness/execute/", "harness/case/"], STANDARD),
    ("harness/subjects/", ["harness/abi/", "harness/text/", "harness/case/", "harness/op/", "harness/domain/",
                           "harness/environment/", "harness/plugin/"],
     f"{STANDARD}|dlfcn\\.h"),
    ("harness/sweep/", ["harness/text/", "harness/environment/", "harness/verdict/",
                        "harness/case/", "harness/op/", "harness/domain/", "harness/compare/",
                        "harness/backends/", "harness/execute/", "harness/checks/",
                        "harness/subjects/"], STANDARD),
    ("harness/process/", ["harness/text/", "harness/environment/", "harness/verdict/",
                          "harness/backends/cpu/memory/guard_pages.hpp"], f"{STANDARD}|{SYSTEM}"),
    ("harness/study/", ["harness/values/", "harness/backends/", "harness/environment/",
                        "harness/case/", "harness/op/", "harness/compare/", "harness/execute/",
                        "harness/checks/", "harness/subjects/",
                        "harness/sweep/", "harness/process/"], STANDARD),
    ("harness/report/", ["harness/text/", "harness/verdict/", "harness/sweep/", "harness/study/"],
     STANDARD),
    ("harness/worker/", ["harness/text/", "harness/verdict/", "harness/environment/",
                         "harness/checks/", "harness/subjects/", "harness/sweep/", "harness/process/"],
     f"{STANDARD}|{SYSTEM}"),
    ("harness/python/", ["harness/abi/", "harness/text/", "harness/verdict/", "harness/case/", "harness/op/",
                         "harness/subjects/", "harness/process/", "harness/worker/"],
     f"{STANDARD}|stdint\\.h"),
    ("harness/arguments/", ["harness/text/"], f"{STANDARD}|CLI/.+"),
    ("harness/cli/", ["harness/text/", "harness/verdict/", "harness/environment/", "harness/case/",
                      "harness/backends/", "harness/execute/", "harness/subjects/",
                      "harness/sweep/", "harness/report/", "harness/process/", "harness/study/",
                      "harness/worker/", "harness/arguments/"], f"{STANDARD}|{SYSTEM}|CLI/.+"),
    ("reference/", ["harness/op/", "harness/values/"], f"{STANDARD}|{EIGEN}"),
    ("kernels/", ["harness/device/", "harness/op/", "harness/values/"],
     f"{STANDARD}|dlfcn\\.h|{CUDA}|{HIP}"),
    ("properties/", ["harness/case/", "harness/op/", "harness/values/", "reference/"],
     f"{STANDARD}"),
    ("tests/", [""], None),
    ("bench/", [""], None),
    ("examples/", [""], None),
]

# Ops share what lies in the common/ of these folders, and know nothing else of each other: not in the
# same folder, not across folders. common/ and every_op/ know no op.
OPS = re.compile(r"(?:kernels|reference|properties|tests/ops)/(\w+)/")
SHARED = ("common", "every_op")
# Folder of an op, and what it may include of another all the same.
BETWEEN_OPS = {
    # A fold is a sequence of merges: it runs the very kernel whose rounding its contract names.
    "kernels/chunked_context/": ("kernels/merge_states/",),
    # A layer is made of ops: it runs their kernels, and its bounds go on from theirs.
    "kernels/prefill_context/": ("kernels/chunked_context/", "kernels/merge_states/", "kernels/mla_decode/",
                                 "kernels/strided_bmm/"),
    "reference/prefill_context/": ("reference/mla_decode/",),
    "kernels/decode_step/": ("kernels/decode_expansion/", "kernels/mla_decode/", "kernels/strided_bmm/"),
    "reference/decode_step/": ("reference/mla_decode/",),
    "kernels/output_step/": ("kernels/flatten_quant/", "kernels/quantized_bmm/", "kernels/strided_bmm/"),
    "reference/output_step/": ("reference/flatten_quant/", "reference/quantized_bmm/",
                               "reference/strided_bmm/"),
    # Latents and weights whose products mean something are those of the op that multiplies them.
    "properties/output_step/": ("properties/quantized_bmm/",),
}

# What takes seconds to parse belongs to one unit of a folder, and to no header.
UNITS = {"harness/report/json.cpp": "nlohmann/.+", "harness/worker/protocol.cpp": "nlohmann/.+"}

# Text is put together with {fmt} by units of these folders, but by no header.
TEXT = ("harness/op/", "harness/compare/", "harness/report/", "harness/worker/", "harness/arguments/",
        "harness/cli/")

# Device code is compiled by three compilers, for two of which the host's library is out of bounds.
FREESTANDING = re.compile(r"cstdint|cstddef|cmath|cfloat|climits|" + CUDA + "|" + HIP)

# Its headers lie beside each other wherever they are installed, and include each other by name alone.
INSTALLED = "harness/abi/"

# A tree of its own that is laid over the root: its files are held to the rules of where they go.
OVERLAY = "examples/op/"

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>|(\S+))', re.MULTILINE)


def joins_ops(place: str, included: str) -> bool:
    """Whether a file of one op, or of what ops share, includes a header of another op."""
    mine, other = OPS.match(place), OPS.match(included)
    if not mine or not other or other[1] in (mine[1], *SHARED):
        return False
    return not included.startswith(BETWEEN_OPS.get(mine[0], included + "/"))


def violations_of(root: Path, path: str) -> list[str]:
    place = path.removeprefix(OVERLAY)
    layer = next((layer for layer in LAYERS if place.startswith(layer[0])), None)
    if layer is None:
        return [f"{path}: no entry of LAYERS says what this folder may include"]
    folder, own, foreign = layer
    if path in UNITS:
        foreign = f"{foreign}|{UNITS[path]}"
    if path.startswith(TEXT) and path.endswith(".cpp"):
        foreign = f"{foreign}|fmt/core\\.h"
    found = []
    text = (root / path).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        where = f"{path}:{text.count(chr(10), 0, match.start(0)) + 1}"
        quoted, angled, other = match.groups()
        if quoted and place.startswith(INSTALLED) and (root / INSTALLED / quoted).is_file():
            quoted = INSTALLED + quoted
        if other:
            found.append(f"{where}: include of the macro {other} cannot be checked")
        elif quoted:
            overlaid = place != path and (root / OVERLAY / quoted).is_file()
            if not overlaid and not (root / quoted).is_file():
                found.append(f'{where}: "{quoted}" is not a path from the repository root')
            elif not quoted.startswith((folder, *own)):
                found.append(f'{where}: {folder} may not include "{quoted}"')
            elif joins_ops(place, quoted):
                found.append(f'{where}: "{quoted}" is of another op')
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
