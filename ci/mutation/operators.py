"""Mutation operators: each makes small edits of a source, one defect an edit.

`OPERATORS` has their names, which are part of a mutant's id.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from source import Source
from statements import conditions, loops, simple_statements


@dataclass(frozen=True)
class Edit:
    """text[begin:end] becomes `new`."""
    begin: int
    end: int
    new: str


Operator = Callable[[Source], Iterator[Edit]]


def exchanged(pairs: dict[str, str]) -> Operator:
    """Binary operators; those next to a string join texts and stay."""
    longest_first = sorted(pairs, key=len, reverse=True)
    pattern = re.compile(r"(?<=\s)(" + "|".join(map(re.escape, longest_first)) + r")(?=\s)")

    def edits(source: Source) -> Iterator[Edit]:
        for match in pattern.finditer(source.mask):
            before, after = source.text[:match.start()].rstrip(), source.text[match.end():].lstrip()
            if not before.endswith('"') and not after.startswith('"'):
                yield Edit(match.start(), match.end(), pairs[match[1]])
    return edits


def replaced(pattern: str, new: Callable[[re.Match[str]], str | None]) -> Operator:
    compiled = re.compile(pattern)

    def edits(source: Source) -> Iterator[Edit]:
        for match in compiled.finditer(source.mask):
            text = new(match)
            if text is not None:
                yield Edit(match.start(), match.end(), text)
    return edits


def narrowed(types: dict[str, str]) -> Operator:
    """Declarations and casts. A pointer to a narrower type would be another layout, not a narrower
    number."""
    pattern = re.compile(r"(?<![\w:])(" + "|".join(map(re.escape, types)) + r")(?=[ ({>])")

    def edits(source: Source) -> Iterator[Edit]:
        for match in pattern.finditer(source.mask):
            before = source.mask[:match.start()]
            if source.mask[match.end()] == ">" and not before.endswith("static_cast<"):
                continue
            yield Edit(match.start(), match.end(), types[match[1]])
    return edits


STRIDE_NAMES = [("token_stride", "head_stride"), ("outer_stride", "inner_stride"),
                ("row_stride", "head_stride"), ("page_stride", "token_stride"),
                ("outer_pitch", "inner_pitch"), ("kDepthPitch", "kColumnPitch"),
                ("x_row", "x_head"), ("out_row", "out_head"), ("w_latent", "w_column"),
                ("codes_row", "scales_row"), ("codes_step", "scales_step")]


def stride_names(source: Source) -> Iterator[Edit]:
    """Another stride of the same operand, or the same one of a neighbour, where it is used."""
    for one, other in STRIDE_NAMES:
        for match in re.finditer(rf"\b({one}|{other})\b", source.mask):
            function = source.function_at(match.start())
            # Names in the list of parameters say nothing yet.
            if function and match.start() > source.mask.index("{", function.begin):
                yield Edit(match.start(), match.end(), other if match[1] == one else one)


def strides(source: Source) -> Iterator[Edit]:
    yield from replaced(r"(?<=stride\[)[012](?=\])|(?<=shape\[)[012](?=\])|(?<=extent\[)[012](?=\])",
                        lambda match: {"0": "1", "1": "0", "2": "1"}[match[0]])(source)
    yield from stride_names(source)


def is_guard(body: str) -> bool:
    """Leaves a function or a loop, and does nothing else after its last statement."""
    return re.search(r"(?:^|[;{}]\s*)(?:return\b[^;]*|break|continue);\s*\}?$", body) is not None


def guards(source: Source) -> Iterator[Edit]:
    for found in conditions(source):
        if found.keyword == "if" and is_guard(found.body) and not found.has_else:
            yield Edit(*found.statement, ";")


def forced(source: Source) -> Iterator[Edit]:
    """Conditions, and what flags are set to. A guard that never acts is a removed guard."""
    for found in conditions(source):
        yield Edit(found.begin, found.end, "true")
        if not is_guard(found.body) or found.has_else:
            yield Edit(found.begin, found.end, "false")
    for match in re.finditer(r"\bbool \w+ = ([^;{}]+)(?=;)", source.mask):
        for value in ("true", "false"):
            if match[1] != value:
                yield Edit(match.start(1), match.end(1), value)


def loop_edits(source: Source) -> Iterator[Edit]:
    """The first round missing, the last one missing, every other one missing."""
    for loop in loops(source):
        if source.mask[slice(*loop.start)].endswith("= 0"):
            yield Edit(loop.start[1] - 1, loop.start[1], "1")
        bound = re.search(r" < [^<>&|?]+$", source.mask[slice(*loop.condition)])
        if bound:
            yield Edit(loop.condition[1], loop.condition[1], " - 1")
        step = source.mask[slice(*loop.step)].strip()
        at = loop.step[1]
        if match := re.fullmatch(r"\+\+(\w+)", step):
            yield Edit(at - len(step), at, f"{match[1]} += 2")
        elif match := re.fullmatch(r"(\w+ \+=) (.+)", step, re.DOTALL):
            yield Edit(at - len(match[2]), at, f"2 * ({match[2]})")


ASSIGNMENT = re.compile(r"[*]?[\w.:>()\[\]*+/%, -]+? (?:[-+*/|&^]|<<|>>)?= ")
DECLARATION = re.compile(r"(?:const |constexpr |auto |using |static |typename )"
                         r"|[\w:]+(?:<[^;=]*>)?[*&]* [*&]?(?:const )?\w+(?:\[[^=]*\])* [={]")


def stores(source: Source) -> Iterator[Edit]:
    for begin, end in simple_statements(source):
        statement = source.mask[begin:end]
        if ASSIGNMENT.match(statement) and not DECLARATION.match(statement):
            yield Edit(begin, end, ";")


def calls(source: Source) -> Iterator[Edit]:
    """Statements that are nothing but a call; barriers have an operator of their own."""
    for begin, end in simple_statements(source):
        statement = source.mask[begin:end]
        if re.match(r"(?!return\b|MLACHECK_|__syncthreads)[\w:.]+(?:<[\w, ]+>)?\(", statement) and \
                statement.endswith(");"):
            yield Edit(begin, end, ";")


def constant(match: re.Match[str]) -> str:
    digits, suffix = match[1], match[2] or ""
    if digits.startswith("0x"):
        return f"{int(digits, 16) ^ 1:#x}{suffix}"
    return f"{int(digits) + 1}{suffix}"


OPERATORS: dict[str, Operator] = {
    "boundary": exchanged({"<": "<=", "<=": "<", ">": ">=", ">=": ">"}),
    "equality": exchanged({"==": "!=", "!=": "=="}),
    "logic": exchanged({"&&": "||", "||": "&&"}),
    "plus-minus": exchanged({"+": "-", "-": "+", "+=": "-=", "-=": "+="}),
    "division": exchanged({"/": "%", "%": "/"}),
    "bits": exchanged({"&": "|", "|": "&", "<<": ">>", ">>": "<<"}),
    "off-by-one": replaced(r" [+-] 1U?(?![\w.])", lambda match: ""),
    "constant": replaced(r"(?<![\w.\[])(0x[0-9a-f]+|\d+)(U|LL)?(?![\w.'])", constant),
    "barrier": replaced(r"__syncthreads\(\);|async_commit\(\);|async_wait<\d>\(\);",
                        lambda match: ";"),
    "stride": strides,
    "narrowed-32": narrowed({"std::int64_t": "std::int32_t", "std::uint64_t": "std::uint32_t",
                             "long long": "int"}),
    "narrowed-16": narrowed({"std::int64_t": "std::int16_t", "std::int32_t": "std::int16_t",
                             "std::uint32_t": "std::uint16_t", "std::uint64_t": "std::uint16_t",
                             "long long": "std::int16_t"}),
    "guard": guards,
    "forced": forced,
    "min-max": replaced(r"std::(min|max)\b|(?<= )[<>](?= [^?;(){}<>]+ \? )",
                        lambda match: {"<": ">", ">": "<", "std::min": "std::max",
                                       "std::max": "std::min"}[match[0]]),
    "loop": loop_edits,
    "store": stores,
    "call": calls,
}
