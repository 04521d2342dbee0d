"""The example subject, as its author would do it: install mlacheck, build the separate project
against the package, sweep the result.

    python3 tests/example_test.py <source> <build> <cmake> <generator>
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = BUILD = CMAKE = GENERATOR = ""


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
            report = Path(folder) / "report.json"
            must(str(prefix / "bin" / "mlacheck"), "sweep", "--subject", str(library), "--op",
                 "merge_states", "--cases", "400", "--seed", "1", "--json", str(report))
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
