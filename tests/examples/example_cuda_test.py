"""The CUDA example, as its author would do it without a GPU: install mlacheck, build the separate project
against the package, and let the program read the library's tables.

    python3 tests/examples/example_cuda_test.py <source> <build> <cmake> <generator> <nvcc>
"""

import sys
import tempfile
import unittest
from pathlib import Path

from example_test import must

SOURCE = BUILD = CMAKE = GENERATOR = NVCC = ""


class CudaExample(unittest.TestCase):
    def test_installed_package_builds_and_lists_it(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix, build = Path(folder) / "prefix", Path(folder) / "build"
            must(CMAKE, "--install", BUILD, "--prefix", str(prefix))
            must(CMAKE, "-G", GENERATOR, "-S", f"{SOURCE}/examples/subject_cuda", "-B", str(build),
                 f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CUDA_COMPILER={NVCC}",
                 "-DCMAKE_CUDA_FLAGS=-Werror=all-warnings -Xcompiler=-Wall,-Wextra")
            must(CMAKE, "--build", str(build))
            library = next(build.glob("*example_subject_cuda.so"))
            listed = must(str(prefix / "bin" / "mlacheck"), "list", "--op", "merge_states", "--subject",
                          str(library))
            self.assertIn("example on cuda; domain: dtype=f32,bf16 layout=dense align=16 V%8",
                          " ".join(listed.stdout.split()))


if __name__ == "__main__":
    SOURCE, BUILD, CMAKE, GENERATOR, NVCC = sys.argv[1:6]
    unittest.main(argv=sys.argv[:1])
