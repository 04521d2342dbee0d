"""Reports that get lost are noticed: standard output, and the file of --json."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from program import Program, ProgramTest, main, run

QUICK = ("sweep", "--op", "decode_expansion", "--backend", "cpu.w32", "--variant", "generic",
         "--cases", "0")
OLD = '{"old": true}\n'


def shell(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["bash", "-c", script, "bash", Program.path, *arguments],
                          capture_output=True, text=True, timeout=300, check=False)


class StandardOutput(ProgramTest):
    def test_lost_output_is_exit_code_3_with_a_reason(self) -> None:
        for command in (QUICK, ("list",), ("--version",), ("--help",), ("sweep", "--help"),
                        ("replay", "decode_expansion()", "--backend", "cpu.w32"),
                        ("cost", "--op", "decode_expansion"),
                        ("launch", "--op", "decode_expansion", "--backend", "cpu.w32")):
            self.assertEqual(shell('"$@" > /dev/null', *command).returncode, 0, command)
            for lost in ('"$@" > /dev/full', '"$@" >&-'):
                result = shell(lost, *command)
                self.assertEqual(result.returncode, 3, (lost, command, result.stderr))
                self.assertIn("standard output: the report could not be written", result.stderr)

    def test_bad_usage_stays_bad_usage(self) -> None:
        self.assertEqual(shell('"$@" > /dev/full', "sweep", "--op", "nope").returncode, 2)


class JsonFile(ProgramTest):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.old = self.folder / "report.json"
        self.old.write_text(OLD, encoding="utf-8")

    def untouched(self, *others: str) -> None:
        self.assertEqual(self.old.read_text(encoding="utf-8"), OLD)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         sorted(["report.json", *others]))

    def is_report(self, path: Path) -> None:
        report = json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(report["verdict"], "PASSED")
        self.assertRegex(report["mlacheck"]["version"], r"^\d+\.\d+\.\d+$")
        self.assertIn("sweep", report["command_line"])

    def test_a_report_replaces_the_old_one_and_keeps_its_permissions(self) -> None:
        self.old.chmod(0o640)
        self.passed(*QUICK, "--json", str(self.old))
        self.is_report(self.old)
        self.assertEqual(self.old.stat().st_mode & 0o777, 0o640)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["report.json"])

    def test_a_new_report_has_the_usual_permissions(self) -> None:
        self.assertEqual(shell('umask 027; "$@"', *QUICK, "--json",
                               str(self.folder / "new.json")).returncode, 0)
        self.is_report(self.folder / "new.json")
        self.assertEqual((self.folder / "new.json").stat().st_mode & 0o777, 0o640)

    def test_a_refused_run_leaves_the_old_report(self) -> None:
        for wrong in (["--op", "nope"], ["--seed", "x"], ["--without", "generic"],
                      ["--subject", "/nonexistent.so"]):
            self.refused(*QUICK, "--json", str(self.old), *wrong)
            self.untouched()

    def test_a_killed_run_leaves_the_old_report(self) -> None:
        with subprocess.Popen([Program.path, "sweep", "--op", "decode_expansion", "--seconds",
                               "100", "--json", str(self.old)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as running:
            time.sleep(1)
            self.untouched()
            running.kill()
        self.untouched()

    def test_unwritable_paths_are_refused_before_any_work(self) -> None:
        (self.folder / "loop").symlink_to("loop")
        for path in (self.folder, self.folder / "loop", self.folder / "no" / "x", self.old / "x",
                     Path("/proc/nonexistent")):
            started = time.monotonic()
            said = self.refused("sweep", "--seconds", "200", "--json", str(path))
            self.assertIn("expected a file that can be written", said)
            self.assertLess(time.monotonic() - started, 60)
        self.untouched("loop")

    def test_a_full_disk_leaves_the_old_report_and_nothing_else(self) -> None:
        # A limit on the size of files stands for the disk: the table in the pipe is not one.
        result = shell('trap "" XFSZ; ulimit -f 1; exec "$@"', *QUICK, "--json", str(self.old),
                       "--in-process")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("the report could not be written: File too large", result.stderr)
        self.assertIn("PASSED", result.stdout)
        self.untouched()
        result = run(*QUICK, "--json", "/dev/full")
        self.assertEqual(result.returncode, 3)
        self.assertIn("the report could not be written: No space left on device", result.stderr)

    def test_links_are_followed_and_stay(self) -> None:
        (self.folder / "inner").mkdir()
        link, dangling = self.folder / "inner" / "link", self.folder / "inner" / "dangling"
        link.symlink_to("../report.json")
        dangling.symlink_to("../new.json")
        self.passed(*QUICK, "--json", str(link))
        self.passed(*QUICK, "--json", str(dangling))
        self.assertTrue(link.is_symlink() and dangling.is_symlink())
        self.is_report(self.old)
        self.is_report(self.folder / "new.json")

    def test_what_is_no_file_is_written_directly(self) -> None:
        self.passed(*QUICK, "--json", "/dev/null")
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
            self.passed(*QUICK, "--json", str(pipe))
            assert reader.stdout is not None
            self.assertEqual(json.loads(reader.stdout.read())["verdict"], "PASSED")
        self.untouched("pipe")

    def test_standard_output_gets_the_table_and_then_the_report(self) -> None:
        both = self.folder / "both"
        for script in ('"$@"', f'"$@" > {both}; code=$?; cat {both}; exit $code'):
            result = shell(script, *QUICK, "--json", "/dev/stdout")
            self.assertEqual(result.returncode, 0, result.stderr)
            table, brace, report = result.stdout.partition("\n{\n")
            self.assertIn("PASSED", table)
            self.assertEqual(json.loads(brace + report)["verdict"], "PASSED")


if __name__ == "__main__":
    main()
