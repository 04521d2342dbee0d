"""Statements of function bodies: conditions, loops, guards, assignments and calls."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from source import Source, closing

CONTROL = re.compile(r"\s*(?:(if|for|while|switch)\s*(?:constexpr\s*)?\(|else\b|do\b"
                     r"|(?:case\b[^;{}]*?|default)\s*(?<!:):(?!:))")


@dataclass(frozen=True)
class Condition:
    """Of an `if` or `while`, without an initialiser; `statement` is the whole of the `if` or `while`."""
    begin: int
    end: int
    keyword: str
    statement: tuple[int, int]
    body: str
    has_else: bool


def end_of_statement(mask: str, begin: int) -> int:
    """Offset past the statement that begins at or after `begin`."""
    i = begin
    while i < len(mask):
        if mask[i] in "([":
            i = closing(mask, i)
        elif mask[i] == "{":
            if not re.match(r"[\w>)\]=,(]", mask[begin:i].rstrip()[-1:]) or \
                    CONTROL.match(mask[begin:i]):
                return closing(mask, i) + 1
            i = closing(mask, i)
        elif mask[i] == ";":
            return i + 1
        i += 1
    return len(mask)


def conditions(source: Source) -> Iterator[Condition]:
    mask = source.mask
    for match in re.finditer(r"\b(if|while) \(", mask):
        opening = match.end() - 1
        close = closing(mask, opening)
        begin = mask.rfind(";", opening, close) + 1 or opening + 1
        begin += len(mask[begin:close]) - len(mask[begin:close].lstrip())
        end = end_of_statement(mask, close + 1)
        has_else = re.match(r"\s*else\b", mask[end:]) is not None
        yield Condition(begin, close, match[1], (match.start(), end), mask[close + 1:end].strip(),
                        has_else)


@dataclass(frozen=True)
class Loop:
    """The three parts of the head of a `for`, each as begin and end."""
    start: tuple[int, int]
    condition: tuple[int, int]
    step: tuple[int, int]


def loops(source: Source) -> Iterator[Loop]:
    for match in re.finditer(r"\bfor \(", source.mask):
        opening = match.end() - 1
        close = closing(source.mask, opening)
        head = source.mask[opening + 1:close]
        if head.count(";") != 2:
            continue
        first = opening + 1 + head.index(";")
        second = opening + 1 + head.rindex(";")
        yield Loop((opening + 1, first), (first + 1, second), (second + 1, close))


def simple_statements(source: Source) -> Iterator[tuple[int, int]]:
    """Begin and end (past the semicolon) of statements without a block, in function bodies; what
    controls one (`if (...)`) is no part of it."""
    mask = source.mask
    for scope in source.scopes:
        if not scope.is_function:
            continue
        i = begin = mask.index("{", scope.begin)
        while i < scope.end:
            if mask[i] in "{}":
                begin = i + 1
            elif mask[i] in "([":
                close = closing(mask, i)
                # A lambda's body is in parentheses, too.
                i = close if "{" not in mask[i:close] else i
            elif mask[i] == ";":
                while control := CONTROL.match(mask, begin, i):
                    begin = closing(mask, control.end() - 1) + 1 if control[1] else control.end()
                first = begin + len(mask[begin:i]) - len(mask[begin:i].lstrip())
                if first < i:
                    yield first, i + 1
                begin = i + 1
            i += 1
