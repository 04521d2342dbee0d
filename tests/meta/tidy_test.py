"""ci/tidy.py on a small tree, with a clang-tidy that dislikes the word bad: what is examined again."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TIDY = Path(__file__).resolve().parents[2] / "ci/tidy.py"
FAKE_TIDY = """#!/bin/sh
[ "$1" = --version ] && { cat version; exit; }
for file; do :; done
! grep cmake_pch "$2/compile_commands.json" || exit 1
! grep bad "$file" src/*.hpp
"""
FAKE_NINJA = """#!/bin/sh
cat deps
"""


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("bin/tidy", FAKE_TIDY, 0o755)
        self.write("bin/ninja", FAKE_NINJA, 0o755)
        self.write(".clang-tidy", "Checks: '*'\n")
        self.write("version", "19\n")
        self.write("src/a.hpp", "good\n")
        self.commands = []
        deps = ""
        for name in ["a", "b"]:
            self.write(f"src/{name}.cpp", "good\n")
            self.commands.append({"file": str(self.root / f"src/{name}.cpp"), "object": f"{name}.o",
                                  "command": f"c++ -o {name}.o {self.root}/src/{name}.cpp"})
            deps += f"{name}.o: #deps 2, deps mtime 1 (VALID)\n    ../src/{name}.cpp\n"
            deps += "    ../src/a.hpp\n\n" if name == "a" else "\n"
        self.write("deps", deps)
        self.compile()

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def compile(self):
        """Objects and commands as a build leaves them: newer than the sources."""
        self.write("build/compile_commands.json", json.dumps(self.commands))
        newest = max(f.stat().st_mtime for f in (self.root / "src").iterdir())
        for unit in self.commands:
            self.write(f"build/{unit['object']}", "")
            os.utime(self.root / "build" / unit["object"], (newest + 1, newest + 1))

    def run_tidy(self):
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-B", TIDY, "build", "^src/"], cwd=self.root, text=True, check=False,
            capture_output=True, env={**os.environ, "PATH": path, "CLANG_TIDY": "tidy",
                                      "XDG_CACHE_HOME": str(self.root / "cache")})

    def expect(self, examined, findings=0):
        run = self.run_tidy()
        self.assertEqual(run.returncode, 1 if findings else 0, run.stdout + run.stderr)
        self.assertIn(f"examined {examined} files", run.stdout)
        self.assertIn(f"{findings} have findings", run.stdout)

    def test_clean_files_are_examined_once(self):
        self.expect(2)
        self.expect(0)

    def test_a_header_concerns_the_files_that_read_it(self):
        self.expect(2)
        self.write("src/a.hpp", "better\n")
        self.compile()
        self.expect(1)

    def test_precompiled_headers_are_left_out_and_their_files_count(self):
        self.write("src/pch.hpp", "good\n")
        self.write("build/cmake_pch.hxx", "")
        self.write("build/cmake_pch.hxx.gch", "first\n")
        unit = self.commands[0]
        unit["command"] += f" -Winvalid-pch -include {self.root}/build/cmake_pch.hxx"
        with (self.root / "deps").open("a", encoding="utf-8") as deps:
            deps.write("cmake_pch.hxx.gch: #deps 1, deps mtime 1 (VALID)\n    ../src/pch.hpp\n\n")
        text = (self.root / "deps").read_text(encoding="utf-8")
        self.write("deps", text.replace("../src/a.hpp\n", "../src/a.hpp\n    cmake_pch.hxx.gch\n"))
        self.compile()
        self.expect(2)
        self.write("build/cmake_pch.hxx.gch", "the same, compiled again\n")
        self.compile()
        self.expect(0)
        self.write("src/pch.hpp", "better\n")
        self.compile()
        self.expect(1)

    def test_findings_come_back(self):
        self.write("src/b.cpp", "bad\n")
        self.compile()
        self.expect(2, findings=1)
        self.expect(1, findings=1)

    def test_what_the_build_has_not_seen_is_not_remembered(self):
        future = (self.root / "build/a.o").stat().st_mtime + 10
        os.utime(self.root / "src/a.cpp", (future, future))
        self.expect(2)
        self.expect(1)

    def test_the_tool_its_settings_and_commands_count(self):
        self.expect(2)
        for path in ["version", ".clang-tidy"]:
            self.write(path, "another\n")
            self.expect(2)
        self.commands[0]["command"] += " -DX"
        self.compile()
        self.expect(1)

    def test_a_pattern_that_matches_nothing_is_an_error(self):
        self.commands = []
        self.write("build/compile_commands.json", "[]")
        run = self.run_tidy()
        self.assertEqual(run.returncode, 2)
        self.assertIn("sources '^src/'", run.stderr)


if __name__ == "__main__":
    unittest.main()
