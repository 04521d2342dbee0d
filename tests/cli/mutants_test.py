"""Mutants from the outside: what a sweep of one prints, and that its replay fails again."""

import functools
import json
import re
import shlex
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from program import Program, ProgramTest, main, run


def mutants() -> str:
    return str(Path(Program.path).with_name("mlacheck_mutants.so"))


@functools.cache  # several tests look at the same report
def sweep(op: str, variant: str, *more: str) -> "subprocess.CompletedProcess[str]":
    return run("sweep", "--mutants", mutants(), "--op", op, "--variant", variant, "--cases", "300",
               "--seed", "1", "--jobs", "1", *more)


def replay(report: str) -> "subprocess.CompletedProcess[str]":
    """Runs the last command that a report gives, as it is printed."""
    printed = re.findall(r"replay  mlacheck ((?:.*\\\n)*.*)", report)[-1]
    return run(*shlex.split(printed.replace("\\\n", " ")))


class Replay(ProgramTest):
    def test_history_is_found_and_replayed(self) -> None:
        found = sweep("decode_expansion", "first-merge")
        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        self.assertIn("case    decode_expansion(requests=[", found.stdout)
        again = replay(found.stdout)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("bytes changed that the contract protects",
                      again.stdout)

    def test_what_is_kept_between_calls_is_replayed(self) -> None:
        # Each candidate of a defect of this kind has a process of its own, so one counterexample has to do.
        found = sweep("decode_expansion", "padding-rows-keep-old-lengths", "--max-failures", "1")
        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        again = replay(found.stdout)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("FAILED  decode_expansion, variant padding-rows-keep-old-lengths", again.stdout)

    def test_a_misspelt_mutant_is_guessed(self) -> None:
        for more in ([], ["--criterion", "all"]):
            refused = run("mutants", "--library", mutants(), "--only", "lse-routine-never-caled", *more)
            self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
            self.assertIn("mutant 'lse-routine-never-caled': did you mean", refused.stderr)
            self.assertIn("did you mean 'lse-routine-never-called'?", refused.stderr)
            self.assertEqual(refused.stdout, "")


def without_seconds(text: str) -> str:
    return re.sub(r", [0-9.]+ s\n", ", s\n", text)


class Reports(ProgramTest):
    def test_the_report_does_not_depend_on_the_number_of_jobs(self) -> None:
        """Several rows, failures in two of them, skips, and a crash; of subjects that keep nothing between cases."""
        arguments = ["sweep", "--mutants", mutants(), "--op", "decode_expansion", "--backend",
                     "cpu.w32", "--variant", "search-past-the-last-request", "--variant",
                     "row-buffer-of-uniform-length", "--variant", "generic", "--variant", "uniform", "--cases",
                     "150", "--seed", "1"]
        alone = run(*arguments, "--jobs", "1")
        self.assertEqual(alone.returncode, 1, alone.stdout + alone.stderr)
        self.assertGreaterEqual(alone.stdout.count("  replay  "), 6, alone.stdout)
        self.assertIn("CRASHED", alone.stdout)
        for _ in range(2):
            together = run(*arguments, "--jobs", "4")
            self.assertEqual(without_seconds(together.stdout), without_seconds(alone.stdout))

    def test_each_failure_has_a_replay_that_fails_and_none_comes_twice(self) -> None:
        found = sweep("decode_expansion", "first-merge")
        cases = re.findall(r"  case    (.*)", found.stdout)
        self.assertEqual(len(cases), len(set(cases)), found.stdout)
        self.assertGreaterEqual(len(cases), 2)
        blocks = found.stdout.split("FAILED  ")[1:]
        for block in blocks[:len(cases)]:
            checks = set(re.findall(r"^  (K\d+|eq|cost|exec) ", block, re.MULTILINE))
            again = replay(block)
            self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
            self.assertTrue(checks & set(re.findall(r"^  (K\d+|eq|cost|exec) ", again.stdout,
                                                    re.MULTILINE)), again.stdout)

    def test_max_failures_ends_a_row(self) -> None:
        one = run("sweep", "--mutants", mutants(), "--op", "decode_expansion", "--variant",
                  "first-merge", "--cases", "300", "--seed", "1", "--max-failures", "1")
        self.assertEqual(one.returncode, 1)
        self.assertEqual(one.stdout.count("  replay  "), 1, one.stdout)
        self.assertIn("ended early: it has 1 counterexample (--max-failures)", one.stdout)

    def test_what_a_check_chooses_hangs_on_nothing_that_shrinking_changes(self) -> None:
        """Mutants whose reports once kept fields that had no part in the failure."""
        for op, mutant, case in (("strided_bmm", "view-of-x-accepted", "strided_bmm()"),
                                 ("merge_states", "running-lse-in-place-accepted", "merge_states()"),
                                 ("merge_states", "output-over-prefix-accepted", "merge_states()")):
            found = run("sweep", "--mutants", mutants(), "--op", op, "--variant", mutant, "--cases",
                        "0", "--seed", "1", "--max-failures", "1", "--jobs", "1")
            self.assertIn(f"  case    {case}\n", found.stdout)

    def test_an_alternative_is_replayed_by_its_number(self) -> None:
        found = sweep("decode_expansion", "replay-refreshes-the-eager-copy", "--max-failures", "1")
        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        self.assertRegex(found.stdout, r"--choice K10=\d+")
        again = replay(found.stdout)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("  K10 ", again.stdout)
        bad = run("replay", "strided_bmm()", "--choice", "K5=1")
        self.assertEqual(bad.returncode, 2)
        self.assertIn("--choice 'K5=1': expected CHECK=NUMBER", bad.stderr)


class Known(ProgramTest):
    """The two are of different tenths: a commit has at most one of them hunted."""

    only = ["--only", "suffix-with-prefix-strides", "--only", "mass-summed-twice"]

    def mutants(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return run("mutants", "--library", mutants(), "--jobs", "1", "--seconds", "30", *self.only, *more)

    def known(self, text: str) -> "list[str]":
        return re.findall(r"^(\S+) .* killed .* known ", text, re.MULTILINE)

    def test_what_killed_a_mutant_kills_it_again(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "known.kills"
            first = self.mutants("--write-known", str(file))
            self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
            self.assertEqual(self.known(first.stdout), [])
            written = file.read_text()
            self.assertRegex(written, r"\nmass-summed-twice \d+ merge_states\(.*\)\n")
            again = self.mutants("--known", str(file))
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
            self.assertGreaterEqual(len(self.known(again.stdout)), 1, again.stdout)
            self.assertIn(f"\n{len(self.known(again.stdout))} of the mutants by the known case\n", again.stdout)
            # No token, no finding: both are hunted.
            file.write_text(re.sub(r"merge_states\(.*\)", "merge_states(T=0)", written))
            hunted = self.mutants("--known", str(file))
            self.assertEqual(hunted.returncode, 0, hunted.stdout + hunted.stderr)
            self.assertEqual(self.known(hunted.stdout), [])

    def test_a_file_of_another_form_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "known.kills"
            file.write_text("mass-summed-twice merge_states()\n")
            refused = self.mutants("--known", str(file))
            self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
            self.assertIn("known.kills: line 1: 'mass-summed-twice merge_states()', expected the id", refused.stderr)
            missing = self.mutants("--known", str(file) + ".missing")
            self.assertEqual(missing.returncode, 2, missing.stdout + missing.stderr)


class Interrupts(ProgramTest):
    def start(self, command: str, folder: str, *more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen([Program.path, command, "--json", f"{folder}/report.json", *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def sweep(self, folder: str) -> "subprocess.Popen[str]":
        return self.start("sweep", folder, "--mutants", mutants(), "--op", "decode_expansion", "--variant",
                          "padding-rows-keep-old-lengths", "--backend", "cpu.w32", "--seconds", "120", "--seed", "1")

    def interrupted(self, running: "subprocess.Popen[str]", sent: signal.Signals, after: str) -> "tuple[str, str]":
        """What it still prints once it has printed `after` and gets the signal; and its errors."""
        line = ""
        while after not in line:
            assert running.stdout is not None
            line = running.stdout.readline()
            self.assertNotEqual(line, "", f"it ended without {after}")
        running.send_signal(sent)
        rest, errors = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 128 + sent, rest + errors)
        self.assertIn("interrupted: this is what was there", rest)
        return rest, errors

    def report_in(self, folder: str) -> "dict[str, Any]":
        report: dict[str, Any] = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
        self.assertTrue(report["interrupted"])
        return report

    def test_a_failure_is_printed_when_it_is_shrunk_and_a_signal_keeps_what_is_there(self) -> None:
        for sent in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as folder, self.sweep(folder) as running:
                self.interrupted(running, sent, "replay  mlacheck")
                self.assertGreaterEqual(len(self.report_in(folder)["rows"][0]["failures"]), 1)

    def test_a_hunt_for_mutants_keeps_what_is_there(self) -> None:
        for sent in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as folder:
                page = Path(folder, "page.md")
                page.write_text("old", encoding="utf-8")
                with self.start("mutants", folder, "--library", mutants(), "--jobs", "1", "--markdown", str(page),
                                "--only", "lse-routine-never-called", "--only", "control.copy", "--only",
                                "control.strided") as running:
                    rest, errors = self.interrupted(running, sent, " killed ")
                self.assertEqual(rest.splitlines()[-1], "interrupted: this is what was there")
                self.assertNotRegex(rest, "SURVIVED|MAIN SILENT|NOT MINIMAL|ERROR")
                self.assertIn("--markdown", errors)
                self.assertEqual(page.read_text(encoding="utf-8"), "old")
                self.assertEqual([mutant["id"] for mutant in self.report_in(folder)["mutants"]],
                                 ["lse-routine-never-called"])
                self.assertIn("\n1 mutants: 1 killed", rest)

    def test_a_second_signal_ends_it_at_once_and_spares_the_old_report(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            old = Path(folder, "report.json")
            old.write_text("old", encoding="utf-8")
            with self.sweep(folder) as running:
                time.sleep(1)
                running.send_signal(signal.SIGINT)
                running.send_signal(signal.SIGTERM)
                running.communicate(timeout=60)
                self.assertIn(running.returncode, (130, 143, -signal.SIGTERM, -signal.SIGINT))
            # Either there was time to write a whole report, or the old one is still there.
            text = old.read_text(encoding="utf-8")
            self.assertTrue(text == "old" or json.loads(text)["interrupted"], text[:200])
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["report.json"])


if __name__ == "__main__":
    main()
