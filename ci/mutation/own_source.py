"""`mlacheck mutants --source`: small edits of a user's own source, and whether a sweep of the library that
is built of it notices them. The edits are made in a copy; the user's own files are only read.

Run by the program, with its own path as --program. Exit code: 0 every edit that changed the code was
noticed, 1 one was not, 2 bad usage, 3 the sweep itself failed.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edits import Mutation, chosen, mutations_of
from source import read

ENDINGS = {".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h", ".hh", ".hpp", ".hxx", ".inl"}
KILLED, SURVIVED, NO_COMPILE, SAME, NO_CASES = ("killed", "survived", "does not compile", "same code",
                                                "no case ran")


class UsageError(Exception):
    pass


class SweepError(Exception):
    pass


@dataclass
class Outcome:
    id: str
    file: str
    line: int
    operator: str
    place: str
    before: str
    after: str
    state: str = ""
    check: str = ""  # the first that noticed it
    case: str = ""
    note: str = ""
    seconds: float = 0


def is_left_out(folder: Path) -> bool:
    """Build folders name the place where they were made; a copy of one cannot be built in."""
    return folder.name == ".git" or (folder / "CMakeCache.txt").is_file()


def copied(source: Path, to: Path) -> None:
    def left_out(folder: str, names: list[str]) -> list[str]:
        return [name for name in names
                if (Path(folder) / name).is_dir() and is_left_out(Path(folder) / name)]

    shutil.copytree(source, to, ignore=left_out, symlinks=True)


def files_of(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*")
                  if path.suffix in ENDINGS and path.is_file() and not path.is_symlink())


def for_language(mutation: Mutation) -> Mutation:
    """C before C23 has no words for truth."""
    if not mutation.file.endswith(".c"):
        return mutation

    def numbers(text: str, original: str) -> str:
        for word, number in {"true": "1", "false": "0"}.items():
            if not re.search(rf"\b{word}\b", original):
                text = re.sub(rf"\b{word}\b", number, text)
        return text

    return replace(mutation, new=numbers(mutation.new, mutation.old),
                   after=numbers(mutation.after, mutation.before))


def mutations_in(root: Path) -> list[Mutation]:
    found: list[Mutation] = []
    for file in files_of(root):
        try:
            found += map(for_language, mutations_of(read(root, file)))
        except (ValueError, UnicodeDecodeError) as problem:
            print(f"not edited: {file}: {problem}")
    return found


def library_in(source: Path, subject: str) -> Path:
    """The library's place within the source folder."""
    for start in (Path.cwd(), source):
        path = (start / subject).resolve()
        if path.is_relative_to(source):
            return path.relative_to(source)
    raise UsageError(f"--subject '{subject}': expected a library inside of --source '{source}', where the "
                     "build command leaves it in a copy, too")


class Copy:
    """The copy, and what is done to it."""

    def __init__(self, given: argparse.Namespace, folder: Path):
        self.given = given
        source = Path(given.source).resolve()
        self.library = library_in(source, given.subject)
        self.root = folder / "source"
        copied(source, self.root)
        self.report = folder / "report.json"

    def built(self) -> str:
        """Empty, or why there is no library."""
        (self.root / self.library).unlink(missing_ok=True)
        try:
            done = subprocess.run(self.given.build, shell=True, cwd=self.root, capture_output=True,
                                  text=True, errors="replace", stdin=subprocess.DEVNULL, check=False,
                                  timeout=self.given.build_seconds)
        except subprocess.TimeoutExpired:
            return f"the build command took more than {self.given.build_seconds:g} s"
        said = done.stdout + done.stderr
        if done.returncode != 0:
            return next((line for line in said.splitlines() if "error" in line),
                        said[-300:] or f"exit code {done.returncode}")
        return "" if (self.root / self.library).is_file() else f"the build command made no {self.library}"

    def code(self) -> bytes:
        return (self.root / self.library).read_bytes()

    def swept(self) -> tuple[int, dict[str, Any], str]:
        """Exit code, report and text of a sweep."""
        self.report.unlink(missing_ok=True)
        done = subprocess.run(
            [self.given.program, "sweep", "--subject", str(self.root / self.library), "--cases",
             str(self.given.cases), "--seed", str(self.given.seed), "--jobs", str(self.given.jobs),
             "--case-seconds", "20", "--max-failures", "1", "--no-shrink", "--json", str(self.report)],
            capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False)
        if done.returncode < 0 or done.returncode >= 128:
            raise KeyboardInterrupt
        text = self.report.read_text(encoding="utf-8") if self.report.is_file() else ""
        return done.returncode, json.loads(text) if text else {}, done.stdout + done.stderr

    def judge(self, outcome: Outcome, original: bytes) -> None:
        if problem := self.built():
            outcome.state, outcome.note = NO_COMPILE, problem
            return
        if self.code() == original:
            outcome.state = SAME
            return
        status, report, said = self.swept()
        if status == 0:
            outcome.state = SURVIVED
        elif status == 77:
            outcome.state = NO_CASES
        elif status == 2:
            outcome.state, outcome.check, outcome.note = KILLED, "table", said.strip()
        elif status == 1:
            outcome.state = KILLED
            failures = [failure for row in report["rows"] for failure in row["failures"]]
            if failures:
                outcome.check, outcome.case = first_check(failures[0]), failures[0]["case"]
            else:
                outcome.check, outcome.note = "trust", "it passes, but the pass shows nothing"
        else:
            raise SweepError(said[-1000:])

    def judged(self, mutation: Mutation, original: bytes) -> Outcome:
        path = self.root / mutation.file
        text = path.read_text(encoding="utf-8")
        line = text[:text.find(mutation.old)].count("\n") + 1
        outcome = Outcome(mutation.id, mutation.file, line, mutation.operator, mutation.place,
                          mutation.before, mutation.after)
        started = time.monotonic()
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        try:
            self.judge(outcome, original)
        finally:
            path.write_text(text, encoding="utf-8")
        outcome.seconds = round(time.monotonic() - started, 1)
        return outcome


def first_check(failure: dict[str, Any]) -> str:
    findings = failure.get("findings") or [{}]
    return str(findings[0].get("check", failure["verdict"]))


def shown(outcome: Outcome) -> str:
    lines = [f"{outcome.state:<17} {outcome.check:<6} {outcome.file}:{outcome.line} {outcome.place}",
             f"    {outcome.before}  =>  {outcome.after or '(nothing)'}"]
    if outcome.case:
        lines.append(f"    {outcome.case}")
    if outcome.note and outcome.state != NO_COMPILE:
        lines.append(f"    {outcome.note}")
    return "\n".join(lines)


def told(outcomes: list[Outcome]) -> str:
    def count(state: str) -> int:
        return sum(outcome.state == state for outcome in outcomes)

    return (f"{len(outcomes)} edits: {count(KILLED)} noticed, {count(SURVIVED)} not, in {count(NO_CASES)} no "
            f"case ran, {count(NO_COMPILE)} do not compile, {count(SAME)} leave the code as it was")


def wanted(given: argparse.Namespace, root: Path) -> list[Mutation]:
    everything = mutations_in(root)
    if given.only:
        known = {mutation.id: mutation for mutation in everything}
        for name in given.only:
            if name not in known:
                raise UsageError(f"--only '{name}': is no edit of this source; --list names them")
        return [known[name] for name in given.only]
    if not everything:
        raise UsageError(f"--source '{given.source}': nothing in it can be edited; expected files that end in "
                         + " ".join(sorted(ENDINGS)))
    return chosen(everything, given.mutant_count)[:given.mutant_count]


def run(given: argparse.Namespace) -> int:
    if not Path(given.source).is_dir():
        raise UsageError(f"--source '{given.source}': expected a folder")
    outcomes: list[Outcome] = []
    interrupted = False
    with tempfile.TemporaryDirectory(prefix="mlacheck-") as folder:
        copy = Copy(given, Path(folder))
        mutations = wanted(given, copy.root)
        if given.list:
            print("\n".join(f"{one.id}\n    {one.before}  =>  {one.after or '(nothing)'}" for one in mutations))
            return 0
        if problem := copy.built():
            raise UsageError(f"--build '{given.build}': fails without any edit, in a copy of the folder: {problem}")
        original = copy.code()
        status, _, said = copy.swept()
        if status != 0:
            raise UsageError("the library does not pass without any edit, so edits would show nothing:\n"
                             + said)
        try:
            for mutation in mutations:
                outcomes.append(copy.judged(mutation, original))
                print(shown(outcomes[-1]), flush=True)
        except KeyboardInterrupt:
            interrupted = True
    print(f"\n{told(outcomes)}")
    if interrupted:
        print("interrupted: the others have not been tried")
    if given.json:
        report = {"source": given.source, "subject": given.subject, "build": given.build, "seed": given.seed,
                  "cases": given.cases, "interrupted": interrupted,
                  "mutants": [asdict(outcome) for outcome in outcomes]}
        Path(given.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if interrupted:
        return 128 + signal.SIGINT
    return 1 if any(outcome.state in (SURVIVED, NO_CASES) for outcome in outcomes) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--program", "--source", "--subject", "--build"):
        parser.add_argument(name, required=True)
    for name, usual in {"--mutant-count": 40, "--cases": 50, "--seed": 1, "--jobs": 1}.items():
        parser.add_argument(name, type=int, default=usual)
    parser.add_argument("--build-seconds", type=float, default=600)
    parser.add_argument("--json", default="")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(run(arguments()))
    except UsageError as error:
        print(f"mlacheck: {error}", file=sys.stderr)
        sys.exit(2)
    except (SweepError, OSError) as error:
        print(f"mlacheck: {error}", file=sys.stderr)
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
