"""Subjects that go for the harness's processes, its channel, its memory and its output.

    python3 tests/hostile/process_test.py build/cpu/mlacheck build/cpu/hostile
"""

import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import PLAIN, SEVEN, Hostile, main, processes_with, unwrapped

LIBRARY = "hostile_process"


def can_hide_proc() -> bool:
    """In a mount namespace of its own a process may put something else there."""
    return shutil.which("unshare") is not None and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/proc"], capture_output=True,
        check=False).returncode == 0


class Process(Hostile):
    def told(self, variant: str, *arguments: str) -> list[tuple[str, str]]:
        """Verdict and text of each case."""
        done = self.replay(LIBRARY, variant, *arguments)
        parts: list[tuple[str, str]] = []
        for line in unwrapped(done.stdout).splitlines(keepends=True):
            if line[0].isupper():
                parts.append((line.split(" ", 1)[0], line))
            else:
                parts[-1] = (parts[-1][0], parts[-1][1] + line)
        passed = all(verdict == "PASSED" for verdict, _ in parts)
        self.assertEqual(done.returncode, 0 if passed else 1, done.stdout + done.stderr)
        return parts

    def crashed(self, variant: str, text: str, *arguments: str) -> str:
        parts = self.told(variant, *arguments)
        self.assertEqual([verdict for verdict, _ in parts], ["CRASHED"], parts)
        self.assertIn(f"\n  ended   {text}", parts[0][1])
        return parts[0][1]

    def test_the_child_of_a_fork_answers_nothing(self) -> None:
        text = "a child process that the subject forked came back into the harness\n"
        parts = self.told("fork_returns", PLAIN, SEVEN)
        self.assertEqual([verdict for verdict, _ in parts], ["CRASHED", "CRASHED"])
        self.assertIn("\n  ended   " + text, parts[0][1])

    def test_a_child_that_comes_back_late_is_told_from_one_of_this_case(self) -> None:
        parts = self.told("fork_returns_late", PLAIN, SEVEN)
        self.assertEqual([verdict for verdict, _ in parts], ["PASSED", "CRASHED"])
        self.assertIn("it was forked during an earlier case", parts[1][1])

    def test_a_verdict_cannot_be_written_to_the_channel(self) -> None:
        text = "the worker's channel holds a message that nobody asked for"
        start = time.monotonic()
        self.crashed("forges", text, "--case-seconds", "30", PLAIN)
        self.assertLess(time.monotonic() - start, 20)
        self.crashed("forges_and_goes_on", text, SEVEN)
        self.crashed("sends_junk", "the worker's answer is garbage during: ", PLAIN)
        self.crashed("closes_all", "the worker exited with status 0 in the middle of the case",
                     PLAIN)

    def test_a_death_is_seen_even_if_a_child_lives_on(self) -> None:
        start = time.monotonic()
        self.crashed("dies_with_child", "the worker exited with status 5 in the middle of the case",
                     PLAIN)
        self.assertLess(time.monotonic() - start, 20)

    def test_no_orphan_survives(self) -> None:
        for variant, verdict in (("leaves_child", "PASSED"), ("leaves_daemon", "PASSED"),
                                 ("leaves_session_and_dies", "CRASHED")):
            with self.subTest(variant=variant):
                self.assertEqual(self.told(variant, PLAIN)[0][0], verdict)
                self.assertEqual(processes_with(variant), [])
                done = self.run_program("cost", "--subject", self.library(LIBRARY), "--variant",
                                        variant, PLAIN)
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(processes_with(variant), [])

    def test_processes_that_were_there_before_are_left_alone(self) -> None:
        command = f"sleep 300 & exec {self.program} replay --subject {self.library(LIBRARY)} " \
                  f"--variant leaves_session_and_dies '{PLAIN}'; "
        with subprocess.Popen(["sh", "-c", f"echo $$; {command}"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, process_group=0) as shell:
            group = shell.pid
            assert shell.stdout is not None
            shell.wait(timeout=60)
            self.assertEqual(shell.returncode, 1)
            sleepers = [pid for pid in processes_with("300") if os.getpgid(pid) == group]
            self.assertEqual(len(sleepers), 1)
            os.kill(sleepers[0], 9)

    def test_memory_is_watched_while_a_case_runs(self) -> None:
        start = time.monotonic()
        text = self.crashed("hogs_and_sleeps", "the worker grew by ", "--worker-gib", "0.25",
                            "--case-seconds", "60", PLAIN)
        self.assertIn(", over the limit of 256 MiB (--worker-gib)", text)
        self.assertLess(time.monotonic() - start, 30)

    def test_what_children_take_is_the_subjects(self) -> None:
        for variant in ("child_hogs", "orphan_hogs"):
            with self.subTest(variant=variant):
                text = self.crashed(variant, "the worker grew by ", "--worker-gib", "0.5", PLAIN)
                self.assertIn(", over the limit of 512 MiB (--worker-gib)", text)
        self.assertEqual(self.told("shares_much", "--worker-gib", "0.375", PLAIN)[0][0], "PASSED")

    def test_what_many_cases_collect_is_nobodys_crash(self) -> None:
        done, rows = self.sweep(LIBRARY, "--variant", "collects", "--worker-gib", "0.125",
                                "--cases", "150", "--jobs", "1")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(rows["collects"]["verdict"], "PASSED")

    def test_output_costs_no_memory(self) -> None:
        shared = []
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.02):
                text = Path("/proc/meminfo").read_text(encoding="utf-8")
                shared.append(int(text.split("Shmem:")[1].split()[0]))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.assertEqual(self.told("prints_much", PLAIN)[0][0], "PASSED")
            verdict, text = self.told("prints_for_ever", "--case-seconds", "2", PLAIN)[0]
        finally:
            stop.set()
            watcher.join()
        self.assertEqual(verdict, "TIMED_OUT")
        self.assertLess(len(text), 2000)
        # In KiB, of the whole machine, where others may be at work, too.
        self.assertLess(max(shared) - min(shared), 200 << 10)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak, 400 << 10)

    def test_last_lines_are_those_of_this_case(self) -> None:
        parts = self.told("talks_then_dies", PLAIN, SEVEN)
        self.assertEqual([verdict for verdict, _ in parts], ["PASSED", "CRASHED"])
        self.assertIn("words of the last case", parts[1][1])
        self.assertNotIn("words of an earlier case", parts[1][1])

    def test_bytes_that_are_no_text_reach_no_report(self) -> None:
        words = "\\xff\\xfe caf\\xe9 \\x1b[31mred\\x07"
        self.assertIn(words, self.crashed("prints_bytes_and_dies", "the worker was killed by SIGABRT",
                                          PLAIN))
        done, rows = self.sweep(LIBRARY, "--variant", "prints_bytes_and_dies", "--cases", "1",
                                "--jobs", "1", "--no-shrink")
        self.assertEqual(done.returncode, 1, done.stderr)
        failures = rows["prints_bytes_and_dies"]["failures"]
        self.assertIn(words, str(failures[0]["crash"]))

    def test_a_program_that_a_subject_ends_has_not_passed(self) -> None:
        done = self.run_program("replay", "--in-process", "--subject", self.library(LIBRARY),
                                "--variant", "exits", PLAIN)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("mlacheck: a subject ended the program", done.stderr)

    def test_a_library_has_one_name(self) -> None:
        library = self.library(LIBRARY)
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "link.so"
            link.symlink_to(Path(library).resolve())
            for other in (library, f"{self.folder}/../{Path(self.folder).name}/{LIBRARY}.so",
                          str(link)):
                said = self.refused("sweep", "--subject", library, "--subject", other)
                self.assertIn("--subject '", said)
                self.assertIn("': given twice", said)

    def test_limits_that_a_call_lowered_are_found_and_put_back(self) -> None:
        for variant in ("lowers_as", "lowers_as_first", "lowers_data", "lowers_nofile",
                        "lowers_stack", "lowers_fsize", "lowers_hard_as"):
            with self.subTest(variant=variant):
                name = "RLIMIT_" + variant.split("_")[1 + ("hard" in variant)].upper()
                parts = self.told(variant, PLAIN, SEVEN)
                self.assertEqual([verdict for verdict, _ in parts], ["FAILED", "FAILED"], parts)
                for _, text in parts:
                    self.assertIn(f"  K5      the resource limits were left changed: {name} (", text)
                    self.assertEqual(set(re.findall(r"^  (K\d+) ", text, re.MULTILINE)), {"K5"})
        done, rows = self.sweep(LIBRARY, "--variant", "lowers_as", "--variant", "collects",
                                "--cases", "1", "--jobs", "1")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(rows["collects"]["verdict"], "PASSED")
        kinds = {finding["kind"] for failure in rows["lowers_as"]["failures"]
                 for finding in failure["findings"]}
        self.assertEqual(kinds, {"environment"})

    def test_limits_that_stay_low_are_those_of_one_worker(self) -> None:
        parts = self.told("lowers_for_good", SEVEN, PLAIN)
        self.assertEqual([verdict for verdict, _ in parts], ["FAILED", "PASSED"], parts)
        self.assertIn("the resource limits were left changed: RLIMIT_AS, RLIMIT_NOFILE (",
                      parts[0][1])

    def test_cost_prints_the_other_rows(self) -> None:
        done = self.run_program("cost", "--subject", self.library(LIBRARY), "--variant",
                                "leaves_session_and_dies", "--variant", "vectorized", PLAIN)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        rows = {line.split()[0]: line for line in done.stdout.splitlines() if " cpu.w32 " in line}
        self.assertIn(" CRASHED, the worker was killed by SIGABRT", rows["leaves_session_and_dies"])
        self.assertIn(" yes ", rows["vectorized"])
        hung = self.run_program("cost", "--subject", self.library(LIBRARY), "--variant",
                                "prints_for_ever", "--case-seconds", "1", PLAIN)
        self.assertEqual(hung.returncode, 1, hung.stdout + hung.stderr)
        self.assertIn(" TIMED_OUT, no answer within 1 s", hung.stdout)


class Surroundings(Hostile):
    def with_limit(self, kilobytes: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", f'ulimit -v {kilobytes}; exec "$0" "$@"', self.program, "replay",
             "--backend", "cpu.w32", "--variant", "vectorized", "merge_states(T=33,H=16,V=128)"],
            capture_output=True, text=True, timeout=60, check=False)

    def test_closed_descriptors_change_no_verdict(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            for closed in ("<&- >&- 2>&-", ">&-", "<&-", "2>&-"):
                command = f'exec "$0" "$@" {closed}'
                done = subprocess.run(
                    ["sh", "-c", command, self.program, "sweep", "--op", "merge_states",
                     "--variant", "vectorized", "--backend", "cpu.w32", "--cases", "2", "--json",
                     str(report)], capture_output=True, text=True, timeout=120, check=False)
                # A report that nobody can read has not arrived.
                status = 3 if ">&-" in closed.split() else 0
                self.assertEqual(done.returncode, status, closed + done.stdout + done.stderr)
                rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
                self.assertEqual([row["verdict"] for row in rows], ["PASSED"], closed)

    def with_shell(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`command` has the program and its arguments as "$0" "$@"."""
        return subprocess.run(["bash", "-c", command, self.program, *arguments],
                              capture_output=True, text=True, timeout=120, check=False)

    def test_output_that_nobody_reads_costs_no_report(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            for lost, reason in (('"$0" "$@" | true; exit ${PIPESTATUS[0]}', "Broken pipe"),
                                 ((f'ulimit -f 1; head -c 4096 /dev/zero 2>{folder}/x >{folder}/out; '
                                  f'exec "$0" "$@" >>{folder}/out'), "File too large")):
                done = self.with_shell(lost, "sweep", "--op", "merge_states", "--variant",
                                       "vectorized", "--backend", "cpu.w32", "--cases", "2",
                                       "--json", str(report))
                self.assertEqual(done.returncode, 3, lost + done.stderr)
                self.assertIn("mlacheck: standard output: the report could not be written: "
                              + reason, done.stderr)
                if reason == "Broken pipe":
                    rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
                    self.assertEqual([row["verdict"] for row in rows], ["PASSED"])
                else:  # no file may be as large as this one
                    self.assertIn(f"--json '{report}': the report could not be written: {reason}",
                                  done.stderr)
            done = self.with_shell('"$0" "$@" | true; exit ${PIPESTATUS[0]}', "list")
            self.assertEqual(done.returncode, 3, done.stderr)
            done = self.with_shell(f'ulimit -f 0; exec "$0" "$@" >{folder}/empty', "replay",
                                   "--variant", "vectorized", PLAIN)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("could not be written: File too large", done.stderr)

    def test_subjects_get_the_signals_that_the_program_ignores(self) -> None:
        for variant, signal in (("breaks_a_pipe", "SIGPIPE"), ("writes_too_far", "SIGXFSZ")):
            done = self.with_shell("trap '' PIPE XFSZ; exec \"$0\" \"$@\"", "replay", "--subject",
                                   self.library(LIBRARY), "--variant", variant, PLAIN)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(f"the worker was killed by {signal}", unwrapped(done.stdout))

    @unittest.skipUnless(can_hide_proc(), "nobody may hide /proc here")
    def test_without_proc_no_orphan_survives_and_one_line_says_what_is_lost(self) -> None:
        # This process still sees the others.
        inner = 'mount -t tmpfs none /proc; ls /proc/self >&2; exec "$0" "$@"'
        command = f"exec unshare -rm sh -c '{inner}' \"$0\" \"$@\""
        for variant, status in (("leaves_child", 0), ("leaves_daemon", 0),
                                ("leaves_session_and_dies", 1)):
            with self.subTest(variant=variant):
                arguments = ["--subject", self.library(LIBRARY), "--variant", variant]
                for verb in (["replay", PLAIN], ["cost", PLAIN],
                             ["sweep", "--cases", "1", "--no-shrink"]):
                    done = self.with_shell(command, *verb, *arguments)
                    self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                    self.assertIn("/proc/self", done.stderr)  # what ls says: it is gone
                    self.assertEqual(done.stderr.count("mlacheck: no /proc here: "), 1)
                    self.assertEqual(processes_with(variant), [])

    def test_too_little_address_space_is_an_error_of_the_harness(self) -> None:
        # The stacks of 128 threads alone take 17 MiB, and without them the program takes more than 14.
        told = set()
        for kilobytes in range(14_000, 44_000, 2_000):
            done = self.with_limit(kilobytes)
            text = unwrapped(done.stdout + done.stderr)
            # 127: the loader could not even start the program.
            self.assertIn(done.returncode, (0, 3, 127), text)
            self.assertNotRegex(text, "deadlock|K16|FAILED|CRASHED")
            if done.returncode == 3:
                self.assertRegex(text, "no memory for|cannot create|before it was ready")
            told.update(re.findall("no memory for .* of kernel [a-z_]+", text))
        self.assertIn("no memory for the stack of one more thread of kernel vectorized_merge", told)


if __name__ == "__main__":
    main()
