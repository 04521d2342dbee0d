"""The example subject, as its author would do it: install mlacheck, build the separate project
against the package, sweep the result.

    python3 tests/examples/example_test.py <source> <build> <cmake> <generator>
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = BUILD = CMAKE = GENERATOR = ""
# A sweep draws its seed where none is given, so the example has to pass with any. These reach every
# pair of empty sides and zeros of either sign that an earlier version of it got wrong.
SEEDS = (1, 6, 8, 11, 2024)


CASE = "merge_states(T=64,H=16,V=128,has_lse_out=1)"


def must(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done


class Example(unittest.TestCase):
    def test_installed_package_builds_and_sweeps_it(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix, build = Path(folder) / "prefix", Path(folder) / "build"
            must(CMAKE, "--install", BUILD, "--prefix", str(prefix))
            must(CMAKE, "-G", GENERATOR, "-S", f"{SOURCE}/examples/subject", "-B", str(build),
                 f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_C_FLAGS=-Werror")
            must(CMAKE, "--build", str(build))
            library = next(build.glob("*example_subject.so"))
            mlacheck = str(prefix / "bin" / "mlacheck")
            for seed in SEEDS:
                with self.subTest(seed=seed):
                    self.sweep(mlacheck, str(library), seed, Path(folder) / f"{seed}.json")
            cost = must(mlacheck, "cost", "--subject", str(library), "--variant", "example", CASE)
            self.assertIn("\nexample     cpu.w32", cost.stdout)
            self.assertNotIn("SKIPPED", cost.stdout)

    def sweep(self, mlacheck, library, seed, report):
        must(mlacheck, "sweep", "--subject", library, "--cases", "400", "--seed", str(seed),
             "--json", str(report))
        (row,) = json.loads(report.read_text(encoding="utf-8"))["rows"]
        self.assertEqual((row["variant"], row["backend"]), ("example", "cpu.w32"))
        self.assertEqual(row["verdict"], "PASSED")
        self.assertGreater(row["counts"]["PASSED"], 100)
        self.assertGreater(row["counts"]["SKIPPED"], 100, "16-bit cases are not its business")
        self.assertIn("only fp32 is supported", json.dumps(row["skips"]))

    def test_it_is_short(self):
        lines = sum(len(path.read_text(encoding="utf-8").splitlines())
                    for path in Path(f"{SOURCE}/examples/subject").iterdir())
        self.assertLess(lines, 100)


if __name__ == "__main__":
    SOURCE, BUILD, CMAKE, GENERATOR = sys.argv[1:5]
    unittest.main(argv=sys.argv[:1])
