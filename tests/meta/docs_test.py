"""The pages say what the program does: every command on them is run and its output compared.

    docs_test.py SOURCE_FOLDER BUILD_FOLDER GENERATOR [--update] [PAGE...]

PAGE is README.md or a file of docs; all of them without it. documents.py has the form of a block of
commands and what of an output may vary. A page's commands run in order, in a folder that looks like
the root of the repository: the sources, and the build folder as build/cpu. `mlacheck` is on the path.

--update writes what the commands print now into the pages. Read the difference before committing it.
"""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import mutant_counts
import mutant_table
from command_lines import Programs, page_problems
from documents import Block, Command, Page, matches, normal, printed, read_page, renewed
from project import report

SECONDS = 120  # For one command.


def look_like_root(folder: Path, source: Path, build: Path) -> None:
    for entry in source.iterdir():
        if entry.name not in ("build", ".git"):
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build/cpu").symlink_to(build)


def execute(command: Command, folder: Path, build: Path, generator: str) -> tuple[int, list[str]]:
    environment = {**os.environ, "PATH": f"{build}:{build}/interpreter:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                   "CMAKE_GENERATOR": generator}
    done = subprocess.run(["bash", "-c", command.text], cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False)
    return done.returncode, printed(done.stdout)


def stale(page: Page, command: Command, actual: list[str]) -> str:
    """Empty, or how the output differs from the page."""
    fresh = "--seed" not in command.text
    expected_lines = [normal(line, fresh) for line in command.output]
    actual_lines = [normal(line, fresh) for line in actual]
    if matches(expected_lines, actual_lines):
        return ""
    difference = difflib.unified_diff(expected_lines, actual_lines, "the page", "the program",
                                      lineterm="", n=2)
    return "\n".join([f"{page.path}:{command.line}: the output is another one", *difference])


class PageRun:
    """The commands of one page, run in order."""

    def __init__(self, page: Page, source: Path, build: Path, generator: str) -> None:
        self.page = page
        self.build = build
        self.generator = generator
        self.found: list[str] = []
        self.ran = 0
        self.changes: list[tuple[Command, list[str], str]] = []  # The last one: how it differs.
        with tempfile.TemporaryDirectory() as folder:
            look_like_root(Path(folder), source, build)
            for block in page.blocks:
                for command in block.commands:
                    if not block.skipped:
                        self.run(block, command, Path(folder))

    def run(self, block: Block, command: Command, folder: Path) -> None:
        place = f"{self.page.path}:{command.line}"
        try:
            status, actual = execute(command, folder, self.build, self.generator)
        except subprocess.TimeoutExpired:
            self.found.append(f"{place}: not done after {SECONDS} s: expected less, or skip=minutes")
            return
        self.ran += 1
        if status != block.exit_code:
            self.found.append("\n".join([
                f"{place}: exit code {status}, expected {block.exit_code}", *actual[-20:]]))
            return
        if block.unshown:
            return
        difference = stale(self.page, command, actual)
        if difference:
            self.changes.append((command, actual, difference))

    def update(self, root: Path) -> None:
        """Brings the page to what was printed, from the last command to the first."""
        lines = list(self.page.lines)
        for command, actual, _ in reversed(self.changes):
            text = renewed(command.output, actual, "--seed" not in command.text)
            place = f"{self.page.path}:{command.line}"
            if text is None:
                self.found.append(f"{place}: not updated: what follows '...' is no longer printed")
                continue
            first = command.first_output - 1
            lines[first:first + len(command.output)] = text
            print(f"{place}: updated")
        (root / self.page.path).write_text("\n".join(lines) + "\n", encoding="utf-8")


MEASURED = "bench/instructions.cases"


def all_pages(root: Path) -> list[str]:
    return ["README.md", *sorted(f"docs/{path.name}" for path in (root / "docs").glob("*.md"))]


def check(root: Path, programs: Programs, generator: str, paths: list[str],
          update: bool = False) -> tuple[int, list[str]]:
    """How many commands ran, and what is wrong with these pages below `root`."""
    ran = 0
    found: list[str] = []
    for path in paths:
        page, wrong = read_page(root, path)
        wrong += page_problems(programs, page)
        found += wrong
        if wrong:
            continue  # A command that does not parse had better not run.
        outcome = PageRun(page, programs.source, programs.build, generator)
        if update:
            outcome.update(root)
        else:
            found += [difference for _, _, difference in outcome.changes]
        ran += outcome.ran
        found += outcome.found
    return ran, found


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("build", type=Path)
    parser.add_argument("generator")
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--update", action="store_true")
    given = parser.parse_intermixed_args()
    root = given.source.resolve()
    for page in given.pages:
        if page not in all_pages(root):
            sys.exit(f"page '{page}': expected one of {' '.join(all_pages(root))}")
    programs = Programs(root, given.build.resolve())
    ran, found = check(root, programs, given.generator, given.pages or all_pages(root), given.update)
    found += mutant_table.problems(root)
    found += mutant_counts.problems(root)
    for line in (root / MEASURED).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and (problem := programs.case_problem(line)):
            found.append(f"{MEASURED}: {line}: {problem}")
    return report("meta.docs", ran, "commands", found)


if __name__ == "__main__":
    sys.exit(main())
