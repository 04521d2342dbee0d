"""Commands on the project's pages, and what they print there.

A command stands in a fenced block, behind "$ "; its output, if it has any, follows it:

    ```console
    $ mlacheck --version
    mlacheck 0.1.0
    ```

A line that ends in a backslash goes on in the next one. The page shows nothing of the words behind
`console`. They say how the block is to be read:

    exit=N         each command ends with N, without it with 0
    abridged       lines of the output are left out where the page shows a line "..."
    unshown        the commands run, and the page does not show what they print
    skip=REASON    nothing is run, and no output is shown; REASON is one of REASONS
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

REASONS = {
    "gpu": "it needs a GPU",
    "minutes": "it takes minutes",
    "installs": "it installs packages",
    "build": "it builds the project",
    "rewrites": "it writes to the sources",
    "placeholder": "the reader puts a name of his own in it",
}
FENCE = re.compile(r"^(`{3,})\s*(.*)$")
PROMPT = "$ "
ELLIPSIS = "..."


@dataclass
class Command:
    line: int  # of the page, from 1
    text: str  # as a shell reads it
    first_output: int = 0  # line of the page behind the command
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    line: int
    words: list[str]
    commands: list[Command] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Of the word `name=VALUE`; empty without one."""
        return next((w.partition("=")[2] for w in self.words if w.startswith(f"{name}=")), "")

    @property
    def abridged(self) -> bool:
        return "abridged" in self.words

    @property
    def unshown(self) -> bool:
        return "unshown" in self.words

    @property
    def skipped(self) -> bool:
        return any(word.startswith("skip=") for word in self.words)

    @property
    def exit_code(self) -> int:
        return int(self.value("exit") or 0)


@dataclass
class Page:
    path: str
    lines: list[str]
    blocks: list[Block] = field(default_factory=list)  # of commands
    other_code: list[tuple[int, str]] = field(default_factory=list)  # lines of all other blocks
    prose: list[tuple[int, str]] = field(default_factory=list)


def read_command(lines: list[str], at: int, end: int) -> tuple[Command, int]:
    """The command at line `at`, counted from 0, and where its output begins."""
    command = Command(at + 1, lines[at][len(PROMPT):])
    at += 1
    while command.text.endswith("\\") and at < end:
        command.text += "\n" + lines[at]
        at += 1
    command.first_output = at + 1
    return command, at


def read_block(page: Page, words: list[str], start: int, end: int) -> list[str]:
    block = Block(start, words)
    page.blocks.append(block)
    found = [f"{page.path}:{start}: unknown word '{word}' behind ```console" for word in words
             if not re.fullmatch(r"abridged|unshown|exit=[1-9]\d*|skip=\w+", word)]
    if block.skipped and block.value("skip") not in REASONS:
        found.append(f"{page.path}:{start}: skip={block.value('skip')}: "
                     f"expected one of {' '.join(REASONS)}")
    at = start
    while at < end:
        if page.lines[at].startswith(PROMPT):
            command, at = read_command(page.lines, at, end)
            block.commands.append(command)
            continue
        if not block.commands:
            found.append(f"{page.path}:{at + 1}: output without a command")
        else:
            block.commands[-1].output.append(page.lines[at])
        at += 1
    if not block.commands:
        found.append(f"{page.path}:{start}: a console block without a command")
    for command in block.commands:
        if command.output and (block.skipped or block.unshown):
            found.append(f"{page.path}:{command.first_output}: output in a block that shows none")
        if ELLIPSIS in command.output and not block.abridged:
            found.append(f"{page.path}:{command.first_output}: '...' in a block that is not abridged")
    return found


def read_page(root: Path, path: str) -> tuple[Page, list[str]]:
    """The page, and what is wrong with the form of its blocks."""
    page = Page(path, (root / path).read_text(encoding="utf-8").splitlines())
    found: list[str] = []
    at = 0
    while at < len(page.lines):
        fence = FENCE.match(page.lines[at])
        if not fence:
            line = page.lines[at]
            (page.other_code if line.startswith("    ") else page.prose).append((at + 1, line))
            at += 1
            continue
        start = at + 1
        end = next((i for i in range(start, len(page.lines)) if page.lines[i] == fence[1]), None)
        if end is None:
            found.append(f"{path}:{start}: the block does not end")
            break
        words = fence[2].split()
        if words[:1] == ["console"]:
            found += read_block(page, words[1:], start, end)
        else:
            page.other_code += [(i + 1, page.lines[i]) for i in range(start, end)]
        at = end + 1
    return page, found


# What differs from machine to machine and from run to run: (what, what is compared in its place).
VARYING = [
    (re.compile(r"^(  device +)\S.*$"), r"\1<machine>"),
    (re.compile(r"^(  (?:cpu\.w32|cpu\.w64|cuda|hip): ).*$"), r"\1<machine>"),
    (re.compile(r"^(commit|compiler) .*$"), r"\1 <build>"),
    (re.compile(r"^(seed \d+), [\d.]+ s$"), r"\1, <seconds> s"),
    # The arithmetic of exp and log is the machine's.
    (re.compile(r"(elements compared, )\S+( of the bound used)$"), r"\1<share>\2"),
    (re.compile(r"^(  \S.*  [.oX-]{19}) +\d\.\d\d(  [A-Z_]+)$"), r"\1 <share>\2"),
    (re.compile(r"^(\S+ +\S+ +(?:killed|alive|MAIN SILENT|NOT MINIMAL|SURVIVED) .*\d) +[\d.]+$"),
     r"\1 <seconds>"),
]
PROGRESS = re.compile(r"^ *\d+\.\d s +\d+ % ")
SEED = re.compile(r"^seed \d+")


def normal(line: str, fresh_seed: bool) -> str:
    """The line without what may differ."""
    for varying, constant in VARYING:
        line = varying.sub(constant, line)
    return SEED.sub("seed <seed>", line) if fresh_seed else line


def printed(text: str) -> list[str]:
    """The lines of an output that a page shows: all but those of a progress display."""
    lines = [line.rstrip() for line in text.splitlines() if not PROGRESS.match(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the lines are the same, where "..." stands for any number of lines."""
    if ELLIPSIS not in expected:
        return expected == actual
    gap = expected.index(ELLIPSIS)
    head, rest = expected[:gap], expected[gap + 1:]
    if actual[:gap] != head:
        return False
    return any(matches(rest, actual[start:]) for start in range(gap, len(actual) + 1))


def parts_of(lines: list[str]) -> list[list[str]]:
    """What stands between the "..."."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line == ELLIPSIS:
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def renewed(expected: list[str], actual: list[str], fresh_seed: bool) -> list[str] | None:
    """`actual` as the page would show it: a line that differs in nothing but what varies stays, and
    what was left out stays left out. Nothing where it cannot be told what that is."""
    shown = {normal(line, fresh_seed): line for line in expected}
    lines = [shown.get(normal(line, fresh_seed), line) for line in actual]
    parts = parts_of(expected)
    if len(parts) == 1:
        return lines
    # A part keeps its number of lines, from where most of them are as before; the last goes to the end.
    result = lines[:len(parts[0])]
    at = len(result)
    for part in parts[1:]:
        result.append(ELLIPSIS)
        if not part:
            continue
        wanted = [normal(line, fresh_seed) for line in part]
        alike = {start: sum(a == normal(b, fresh_seed)
                            for a, b in zip(wanted, lines[start:], strict=False))
                 for start in range(at, len(lines))}
        start = max(alike, key=lambda place: alike[place], default=at)
        if alike.get(start, 0) == 0:
            return None
        at = len(lines) if part is parts[-1] else start + len(part)
        result += lines[start:at]
    return result
