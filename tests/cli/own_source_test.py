"""`mlacheck mutants --source`: edits of a user's own source, which stays as it is."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from program import Program, ProgramTest, main, run

# Changes the code of the library and no result.
UNUSED = "\nint mlacheck_example_unused(int a, int b) {\n  return a < b;\n}\n"


class OwnSource(ProgramTest):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.mine = self.folder / "mine"
        shutil.copytree(Program.source / "examples/subject", self.mine)
        include = self.folder / "include"
        include.mkdir()
        (include / "mlacheck").symlink_to(Program.source / "harness/abi")
        self.build = (f"cc -std=c99 -O1 -shared -fPIC -I{include} merge_states.c -o libmine.so -lm")

    def contents(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.mine.rglob("*") if path.is_file()}

    def mutants(self, *more: str, subject: str = "libmine.so", build: str = "") -> Any:
        return run("mutants", "--source", str(self.mine), "--subject", subject, "--build",
                   build or self.build, *more)

    def rejected(self, done: Any, text: str) -> None:
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(text, done.stderr)

    def edit(self, text: str) -> str:
        """The id of the edit that is listed with this text."""
        listed = self.mutants("--list", "--mutant-count", "100000")
        self.assertEqual(listed.returncode, 0, listed.stdout + listed.stderr)
        lines = listed.stdout.splitlines()
        at = next(i for i, line in enumerate(lines) if text in line)
        return str(lines[at - 1])

    def test_edits_are_noticed_in_a_copy(self) -> None:
        (self.mine / "build").mkdir()
        (self.mine / "build/CMakeCache.txt").write_text("of another place\n", encoding="utf-8")
        before = self.contents()
        report = self.folder / "report.json"
        done = self.mutants("--mutant-count", "6", "--cases", "20", "--json", str(report))
        self.assertEqual(self.contents(), before, "the user's files stay, and nothing is built among them")
        found = json.loads(report.read_text(encoding="utf-8"))["mutants"]
        self.assertEqual(len(found), 6, done.stdout + done.stderr)
        states = [one["state"] for one in found]
        self.assertGreaterEqual(states.count("killed"), 3, done.stdout)
        self.assertEqual(done.returncode, 1 if "survived" in states else 0, done.stdout)
        self.assertIn(f"6 edits: {states.count('killed')} noticed, {states.count('survived')} not",
                      done.stdout)
        for one in found:
            self.assertEqual(one["file"], "merge_states.c")
            if one["state"] == "killed":
                self.assertRegex(one["check"], r"^(K\d+|eq|trust|table|CRASHED|TIMED_OUT)$")
                self.assertIn(f"{one['file']}:{one['line']} {one['place']}", done.stdout)

    def test_one_that_is_noticed_and_one_that_is_not(self) -> None:
        with (self.mine / "merge_states.c").open("a", encoding="utf-8") as file:
            file.write(UNUSED)
        only = self.edit("=>  *to = a * (wp / (wp - ws)) + b * (ws / (wp + ws))")
        done = self.mutants("--only", only, "--cases", "20")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"killed +K\d+ ")
        done = self.mutants("--only", self.edit("return a <= b"), "--cases", "20")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("\n1 edits: 0 noticed, 1 not", done.stdout)

    def test_what_does_not_compile_or_changes_nothing_is_no_survivor(self) -> None:
        with (self.mine / "merge_states.c").open("a", encoding="utf-8") as file:
            file.write("\nstatic inline int nobody(int a, int b) {\n  return a < b;\n}\n")
        done = self.mutants("--only", self.edit("return a <= b"), "--cases", "20")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("same code", done.stdout)
        # The edited line is one that this command does not let through.
        done = self.mutants("--only", self.edit("return a <= b"), "--cases", "20",
                            build=f"! grep -q 'a <= b' *.c && {self.build}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("does not compile", done.stdout)

    def test_what_cannot_be_told_from_edits_is_refused(self) -> None:
        self.rejected(self.mutants(build="false"), "--build 'false': fails without any edit")
        self.rejected(self.mutants(build="true"), "the build command made no libmine.so")
        self.rejected(self.mutants(subject="/elsewhere/libmine.so"), "--subject '/elsewhere/libmine.so'")
        self.rejected(self.mutants("--only", "nonsense"), "--only 'nonsense': is no edit of this source")
        self.rejected(run("mutants", "--source", str(self.mine)), "--source")
        self.rejected(run("mutants", "--build", "make"), "--build")
        text = (self.mine / "merge_states.c").read_text(encoding="utf-8")
        (self.mine / "merge_states.c").write_text(text.replace("m + logf", "m - logf"), encoding="utf-8")
        self.rejected(self.mutants("--cases", "20"), "the library does not pass without any edit")


if __name__ == "__main__":
    main()
