"""Plants one stale or malformed thing on a page and expects it to be reported.

The program is a script that prints what a short page shows.
"""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import mutant_counts
import mutant_table
from command_lines import Programs
from docs_test import all_pages, check, stale
from documents import ELLIPSIS, Command, Page, normal, read_page

SOURCE = Path(__file__).resolve().parents[2]
PROGRAM = """#!/usr/bin/env bash
case "$*" in
  --help) printf '\\nCommands:\\n  list     Lists\\n  sweep    Sweeps\\n  replay   Replays\\n\\n' ;
          printf 'Options:\\n  -h, --help     Help\\n  --version\\n' ;;
  *--help) printf 'Options:\\n  -h, --help     Help\\n  --seed N\\n  --op OP\\n  --without V\\n' ;;
  list) printf 'one\\n  variants\\n    plain on cpu.w32\\n\\n'
        printf 'two\\n  variants\\n    fast on cpu.w32\\n' ;;
  'sweep --seed 1'|sweep)
    printf '  10.6 s    4 %%  8 cases\\nFAILED\\n  device  here\\nbefore\\n'
    printf '  case    one(T=2)\\nafter\\n'
    printf 'seed 1, %s s\\n' "$SECONDS" ; exit 1 ;;
  replay*bad*) echo 'mlacheck: field bad' >&2 ; exit 2 ;;
  replay*) echo 'mlacheck: no row left: --without takes away plain' >&2 ; exit 2 ;;
esac
"""
CLEAN = """# A page

```console exit=1
$ mlacheck sweep \\
    --seed 1
FAILED
  device  there
before
  case    one(T=2)
after
seed 1, 99.0 s
```

```console abridged exit=1
$ mlacheck sweep
FAILED
...
  case    one(T=2)
...
```

```console skip=minutes
$ mlacheck sweep --op two
```

Run `mlacheck list`, not `mlacheck`.
"""


class Planted(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "source"
        build = Path(folder.name) / "out"
        (self.root / "docs").mkdir(parents=True)
        build.mkdir()
        (build / "mlacheck").write_text(PROGRAM, encoding="utf-8")
        (build / "mlacheck").chmod(0o755)
        self.programs = Programs(self.root, build)

    def found(self, text: str, path: str = "docs/page.md", update: bool = False) -> list[str]:
        (self.root / path).write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()):
            self.ran, found = check(self.root, self.programs, "Ninja", [path], update)
        return found

    def planted(self, old: str, new: str, *told: str) -> None:
        self.assertIn(old, CLEAN)
        found = "\n".join(self.found(CLEAN.replace(old, new, 1)))
        for text in told:
            self.assertIn(text, found)

    def test_clean_page(self) -> None:
        self.assertEqual(self.found(CLEAN), [])
        self.assertEqual(self.ran, 2)

    def test_stale_output(self) -> None:
        for old, new in [("before\n", "before that\n"), ("before\n", ""), ("after\n", "after\nmore\n"),
                         ("one(T=2)\nafter", "one(T=3)\nafter"), ("seed 1,", "seed 2,"),
                         ("  case    one(T=2)\n...", "  case    two(T=2)\n..."), ("after\n", "...\n")]:
            with self.subTest(new=new):
                self.planted(old, new, "docs/page.md:")

    def test_exit_code(self) -> None:
        self.planted("console exit=1", "console", "docs/page.md:4: exit code 1, expected 0")

    def test_commands_that_do_not_parse(self) -> None:
        for old, new, told in [
                ("--op two", "--ops two", "mlacheck sweep has no option --ops"),
                ("--op two", "--op three", "there is no op 'three'"),
                ("--op two", "--op 'two", "no command line"),
                ("sweep --op two", "sweeps", "mlacheck has no command 'sweeps'"),
                ("mlacheck sweep --op", "mlacheque sweep --op", "is no program of the project"),
                ("$ mlacheck sweep --op two", "$ rm -rf build", "is no program of the project"),
                ("$ mlacheck sweep --op two", "$ ci/none", "there is no ci/none"),
                ("`mlacheck list`", "`mlacheck list --all`", "mlacheck list has no option --all"),
                ("`mlacheck list`", "`mlacheck\nshow`", "mlacheck has no command 'show'")]:
            with self.subTest(new=new):
                self.planted(old, new, "docs/page.md:", told)

    def test_nothing_stays_out_of_sight(self) -> None:
        for old, new, told in [
                ("skip=minutes", "skip=lazy", "skip=lazy: expected one of gpu"),
                ("skip=minutes", "skips", "unknown word 'skips'"),
                ("--op two\n", "--op two\nits output\n", "output in a block that shows none"),
                ("abridged ", "", "'...' in a block that is not abridged"),
                ("```console skip=minutes\n", "```\n", "a command outside a ```console block"),
                ("```console skip=minutes\n", "```sh\n", "a command outside a ```console block"),
                ("Run `", "    $ mlacheck list\n\nRun `", "a command outside a ```console block"),
                ("Run `", "    build/cpu/mlacheck list\n\nRun `", "a command outside"),
                ("```\n\nRun", "\nRun", "the block does not end"),
                ("$ mlacheck sweep --op two", "words", "a console block without a command")]:
            with self.subTest(new=new):
                self.planted(old, new, told)

    def test_case_lines(self) -> None:
        self.planted("# A page", "# A page\n\n`one(bad=1)`", "docs/page.md:3: mlacheck: field bad")

    def test_update(self) -> None:
        stale_page = CLEAN.replace("before\n", "").replace("one(T=2)", "two(T=2)", 1)
        self.assertEqual(self.found(stale_page, update=True), [])
        self.assertEqual((self.root / "docs/page.md").read_text(encoding="utf-8"), CLEAN)
        gone = CLEAN.replace("  case    one(T=2)\n...", "  nowhere\n...")
        self.assertIn("not updated", "\n".join(self.found(gone, update=True)))


class OwnPages(unittest.TestCase):
    def test_any_changed_line_is_stale(self) -> None:
        changed = 0
        for path in all_pages(SOURCE):
            page, wrong = read_page(SOURCE, path)
            self.assertEqual(wrong, [])
            for command in (command for block in page.blocks for command in block.commands):
                changed += self.change_each_line(page, command)
        self.assertGreater(changed, 50)

    def change_each_line(self, page: Page, command: Command) -> int:
        printed = [line for line in command.output if line != ELLIPSIS]
        self.assertEqual(stale(page, command, printed), "")
        changed = 0
        for place, line in enumerate(printed):
            other = [*printed[:place], "another line", *printed[place + 1:]]
            if normal(line, False) == line:
                self.assertNotEqual(stale(page, command, other), "", (page.path, line))
                changed += 1
        return changed


class MutantTable(unittest.TestCase):
    def test_rows_and_recipes(self) -> None:
        row = "| drop-rows | `one` | K2 | K2 eq | 3 | `one()` | rows are dropped |"
        for text, told in [
                (row, ""), ("", "no row of a mutant"), (row.replace("drop-rows", "x-y"), "no row for drop-rows"),
                (f"{row}\n{row}", "several rows"),
                (row.replace("K2 |", "K3 |", 1), "its recipe says one | K2 | rows"),
                (row.replace("rows are", "rows were"), "its recipe says"),
                (f"{row}\n{row.replace('drop-rows', 'x-y')}", "x-y is no mutant"),
                (row.replace("traps", "x").replace(" | 3", ""), "6 cells, expected 7"),
                (f"{row}\n{row.replace('drop-rows', 'traps')}", "traps is no mutant")]:
            with self.subTest(told=told, text=text), tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                for path, content in [
                        ("docs/mutants-table.md", f"{mutant_table.HEADER}\n|---|\n{text}\n"),
                        ("tests/mutants/one/drop-rows.mutant", "summary: rows are dropped\nchecks: K2 eq\n"),
                        ("tests/mutants/one/same.mutant", "summary: no change\ncontrol: why\n"),
                        ("tests/mutants/one/traps.mutant",
                         "summary: not for the CPU\nchecks: K16\nbackend: cuda\n")]:
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    (root / path).write_text(content, encoding="utf-8")
                found = mutant_table.problems(root)
                self.assertEqual(found, []) if not told else self.assertIn(told, "\n".join(found))

    def test_the_own_table(self) -> None:
        self.assertEqual(mutant_table.problems(SOURCE), [])


class MutantCounts(unittest.TestCase):
    def test_rows_and_recipes(self) -> None:
        row, battery = "| `one` | 1 | 1 | 1 |", "| mlacheck's battery | 1 of 1 | none |"
        for text, told, readme in [
                (row, "", battery), ("", "no row of counts", battery),
                (row.replace("one", "two"), "the recipes say None", battery),
                (f"{row}\n{row}", "expected one row", battery), (row.replace("1", "many"), "expected one row", battery),
                (row.replace("| 1 |", "| 2 |", 1), "the recipes say (1, 1, 1)", battery),
                (row.replace("| 1 | 1 | 1 |", "| 1 | 1 | 0 |"), "the recipes say (1, 1, 1)", battery),
                (row, "about ['2'] mutants, there are 1", battery.replace("of 1", "of 2")),
                (row, "about [] mutants", "")]:
            with self.subTest(told=told, text=text), tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                for path, content in [
                        ("README.md", f"{readme}\n"),
                        ("docs/mutants.md", f"{mutant_counts.HEADER}\n|---|---|---|---|\n{text}\n"),
                        ("tests/mutants/one/drop-rows.mutant",
                         "summary: rows are dropped\nchecks: K2 eq\n"),
                        ("tests/mutants/one/same.mutant", "summary: no change\ncontrol: why\n"),
                        ("tests/mutants/new/of-no-row.mutant",
                         "summary: of an op without any row\nchecks: K1\n"),
                        ("tests/mutants/one/traps.mutant",
                         "summary: not for the CPU\nbackend: cuda\nchecks: K16\n"),
                        ("tests/mutants/one/narrow.mutant",
                         "summary: waves of 64 lanes\nbackend: hip\nchecks: K1\n"),
                        ("tests/mutants/one/wide.mutant",
                         "summary: warps of 64 lanes\nbackend: cpu.w64\ncontrol: why\n")]:
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    (root / path).write_text(content, encoding="utf-8")
                found = mutant_counts.problems(root)
                self.assertEqual(bool(found), bool(told), found)
                self.assertIn(told, "\n".join(found))

    def test_count_of_mutants(self) -> None:
        self.assertEqual(mutant_counts.problems(SOURCE), [])


if __name__ == "__main__":
    unittest.main()
