"""--cases-file of replay and sweep: cases from a file, one a line, and what is wrong with a file."""

import json
import os
import re
import tempfile
from pathlib import Path

from program import ProgramTest, main, run

ROW = ["--backend", "cpu.w32", "--variant", "strided"]


class CasesFile(ProgramTest):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(Path(folder.name) / "mine.cases")

    def write(self, text: str) -> None:
        Path(self.path).write_text(text, encoding="utf-8")

    def test_each_case_runs_in_the_order_of_the_file(self) -> None:
        self.write("# the smallest ones\nstrided_bmm(T={2,3},dtype={f16,bf16})  # four\n\n"
                   "strided_bmm()\n")
        text = self.passed("replay", "--cases-file", self.path, *ROW)
        self.assertEqual(text.count("PASSED"), 5)
        self.assertEqual(re.findall(r"^  (strided_bmm\(.*\))$", text, re.MULTILINE),
                         ["strided_bmm(T=2,dtype=f16)", "strided_bmm(T=2,dtype=bf16)",
                          "strided_bmm(T=3,dtype=f16)", "strided_bmm(T=3,dtype=bf16)",
                          "strided_bmm()"])
        self.assert_fits(text, "replay")

    def swept(self, *arguments: str) -> dict[str, dict[str, int]]:
        """Verdicts of the cases of each row, which must all belong to the file's op."""
        report = self.path + ".json"
        done = run("sweep", "--cases-file", self.path, "--json", report, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = json.loads(Path(report).read_text(encoding="utf-8"))["rows"]
        self.assertEqual({row["op"] for row in rows}, {"strided_bmm"})
        self.assertNotIn("95 % sure", done.stdout)
        # Nothing was drawn.
        self.assertNotIn("seed", done.stdout)
        self.assertIsNone(json.loads(Path(report).read_text(encoding="utf-8"))["seed"])
        self.assertIn(f"{len(rows)} row{'s'[:len(rows) - 1]} of ", done.stderr)
        self.assertNotIn("required", done.stderr)
        return {row["variant"]: row["counts"] for row in rows}

    def test_a_sweep_runs_the_cases_of_the_file_and_no_others(self) -> None:
        self.write("strided_bmm(T={2,3},dtype={f16,bf16})\nstrided_bmm()\n")
        rows = self.swept("--backend", "cpu.w32")
        self.assertGreater(len(rows), 1)
        for counts in rows.values():
            self.assertEqual(sum(counts.values()), 5)
        self.assertEqual(self.swept(*ROW), {"strided": {"PASSED": 5}})

    def test_a_file_need_not_reach_every_configuration(self) -> None:
        self.write(f"strided_bmm(seed={{{','.join(map(str, range(1, 1101)))}}})\n")
        self.assertEqual(self.swept(*ROW, "--values-only"), {"strided": {"PASSED": 1100}})

    def test_a_sweep_of_a_file_draws_nothing(self) -> None:
        self.write("strided_bmm()\n")
        for more in (("--cases", "9"), ("--seconds", "9"), ("--seed", "9"),
                     ("--op", "merge_states")):
            said = self.refused("sweep", "--cases-file", self.path, *more)
            self.assertIn(" excludes ", said)
            self.assertIn(more[0], said)

    def test_what_is_wrong_is_said_with_file_and_line(self) -> None:
        for second, message in (
                ("strided_bmm(W=1)", "field 'W' of op strided_bmm: expected one of"),
                ("strided_bmm(T={2,3)", "expected '}' at character 20"),
                ("strided_bmm(T=1)", "case strided_bmm() stands on line 1 already"),
                ("strided_bmm(T=4096,H=256,x.gap=4096)", "outside the contract: more than"),
                ("merge_states()", "expected one of strided_bmm, as the first"),
                ("\x1b[31m", "op '\\x1b[31m'")):
            self.write(f"strided_bmm()\n{second}\n")
            for command in ("replay", "sweep"):
                said = self.refused(command, "--cases-file", self.path, *ROW)
                self.assertTrue(said.startswith(f"mlacheck: {self.path}:2: "), said)
                self.assertIn(message, said)

    def test_a_file_of_too_many_cases_is_refused_with_their_number(self) -> None:
        line = f"strided_bmm(T={{{','.join(map(str, range(100)))}}},V={{{','.join(map(str, range(100)))}}},seed=%d)\n"
        self.write("".join(line % seed for seed in range(11)))
        self.assertIn(f"{self.path}:11: 110000 cases up to this line, expected at most 100000",
                      self.refused("replay", "--cases-file", self.path, *ROW))

    def test_a_file_without_cases_is_refused(self) -> None:
        self.write("# none\n")
        for command in ("replay", "sweep"):
            self.assertIn(f"{self.path}: no case", self.refused(command, "--cases-file", self.path))

    def test_what_cannot_be_read_is_named(self) -> None:
        for path, reason in ((self.path, "No such file"), (os.path.dirname(self.path), "a folder"),
                             ("/dev/zero", "longer than 16 MiB")):
            for command in ("replay", "sweep"):
                said = self.refused(command, "--cases-file", path)
                self.assertIn(f"--cases-file {path}: ", said)
                self.assertIn(reason, said)

    def test_cases_come_from_the_line_or_from_a_file(self) -> None:
        self.write("strided_bmm()\n")
        self.assertIn("--cases-file",
                      self.refused("replay", "strided_bmm()", "--cases-file", self.path))
        self.assertIn("--cases-file", self.refused("replay"))


if __name__ == "__main__":
    main()
