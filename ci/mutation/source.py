"""C++ source as the generator of mutants sees it: what may be edited, and in which function it is.

No parser: the sources are formatted by clang-format, which puts a space on both sides of a binary
operator and none inside of template arguments.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

TYPE = re.compile(r"\b(?:struct|class|union|enum(?: class)?)\s+(?:alignas\([^)]*\)\s*)?(\w+)")
CALL = re.compile(r"(?<![\w.>])(?!(?:alignas|decltype|if|for|while|switch)\b)(\w+)\s*\(")
PROTECTED = re.compile(r"\b(?:static_assert\s*\(|template\s*<)")
CLOSING = {"(": ")", "<": ">", "{": "}", "[": "]"}


def closing(text: str, opening: int) -> int:
    """Offset of the bracket that closes the one at `opening`."""
    opener, closer = text[opening], CLOSING[text[opening]]
    depth = 0
    for i in range(opening, len(text)):
        if text[i] == opener:
            depth += 1
        elif text[i] == closer:
            depth -= 1
            if depth == 0:
                return i
    raise ValueError(f"'{opener}' at {opening} is not closed")


def blanked(text: str, begin: int, end: int) -> str:
    middle = "".join("\n" if c == "\n" else " " for c in text[begin:end])
    return text[:begin] + middle + text[end:]


LITERAL = re.compile(r"""
    //[^\n]* | /\*.*?\*/                          # comments
  | "(?:[^"\\\n]|\\.)*"                           # strings
  | (?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'           # characters, but not the ' between digits
  | ^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*                # preprocessor lines
""", re.VERBOSE | re.MULTILINE | re.DOTALL)


def masked(text: str) -> str:
    """The text with spaces in place of what is never edited: comments, literals, preprocessor
    lines, static_asserts and heads of templates. Offsets stay."""
    for match in LITERAL.finditer(text):
        text = blanked(text, match.start(), match.end())
    while head := PROTECTED.search(text):
        text = blanked(text, head.start(), closing(text, head.end() - 1) + 1)
    return text


@dataclass(frozen=True)
class Scope:
    begin: int
    end: int
    name: str
    is_function: bool


def scopes(mask: str) -> list[Scope]:
    """Types and functions, outer ones first."""
    found: list[Scope] = []
    start = 0  # of what stands before the next brace

    def visit(begin: int, end: int, outer: str) -> None:
        nonlocal start
        start = begin
        i = begin
        while i < end:
            if mask[i] == "(":
                i = closing(mask, i)
            elif mask[i] == ";":
                start = i + 1
            elif mask[i] == "{":
                close = closing(mask, i)
                head = mask[start:i]
                first = start + len(head) - len(head.lstrip())
                kind, call = TYPE.search(head), CALL.search(head)
                if re.search(r"\bnamespace\b", head):
                    visit(i + 1, close, outer)
                elif call:
                    found.append(Scope(first, close + 1, outer + call[1], True))
                elif kind:
                    found.append(Scope(first, close + 1, outer + kind[1], False))
                    visit(i + 1, close, outer + kind[1] + "::")
                start = close + 1
                i = close
            i += 1

    visit(0, len(mask), "")
    return sorted(found, key=lambda scope: (scope.begin, -scope.end))


class Source:
    """One file."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.mask = masked(text)
        self.scopes = scopes(self.mask)
        self.line_starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]

    def function_at(self, offset: int) -> Scope | None:
        inside = [s for s in self.scopes if s.begin <= offset < s.end and s.is_function]
        return inside[-1] if inside else None

    def place(self, offset: int) -> str:
        """The function or type around an offset, or `constants` outside of all."""
        inside = [s.name for s in self.scopes if s.begin <= offset < s.end]
        return inside[-1] if inside else "constants"

    def lines_around(self, begin: int, end: int) -> tuple[int, int]:
        """Offsets of the first and past the last of the whole lines that hold [begin, end)."""
        first = self.line_starts[bisect_right(self.line_starts, begin) - 1]
        last = self.text.find("\n", max(begin, end - 1))
        return first, len(self.text) if last < 0 else last


def read(root: Path, path: str) -> Source:
    return Source(path, (root / path).read_text(encoding="utf-8"))
