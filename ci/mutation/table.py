"""The score of generated mutants, for people and for docs/mutants.md."""

from collections import Counter
from collections.abc import Callable, Iterable

from edits import Mutation
from hunt import ERROR, Outcome

STATES = ["does not compile", "same code", "killed", "equivalent", "tested", "unseen", "SURVIVED",
          ERROR]


def group_of(mutation: Mutation) -> str:
    return mutation.file.split("/")[1]


def counted(rows: Iterable[tuple[Mutation, Outcome]],
            name_of: Callable[[Mutation], str]) -> list[list[str]]:
    counts: dict[str, Counter[str]] = {}
    for mutation, outcome in rows:
        for name in (name_of(mutation), "all"):
            counts.setdefault(name, Counter())[outcome.state] += 1
    names = sorted(counts, key=lambda name: (name == "all", name))
    return [[name, str(counts[name].total()), *(str(counts[name][state]) for state in STATES)]
            for name in names]


def aligned(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join("| " + " | ".join([line[0].ljust(widths[0]),
                                        *map(str.rjust, line[1:], widths[1:])]) + " |"
                     for line in lines)


def crossed(rows: list[tuple[Mutation, Outcome]], operators: Iterable[str]) -> str:
    """Operator and op: killed of those that change the code, equivalents left out."""
    groups = sorted({group_of(mutation) for mutation, _ in rows})
    killed: Counter[tuple[str, str]] = Counter()
    counting: Counter[tuple[str, str]] = Counter()
    for mutation, outcome in rows:
        if outcome.state in ("killed", "tested", "unseen", "SURVIVED"):
            counting[mutation.operator, group_of(mutation)] += 1
            killed[mutation.operator, group_of(mutation)] += outcome.state == "killed"
    lines = [[operator, *(f"{killed[operator, group]}/{counting[operator, group]}"
                          if counting[operator, group] else "" for group in groups)]
             for operator in operators]
    return aligned(["operator", *groups], lines)


def tables(rows: list[tuple[Mutation, Outcome]], operators: Iterable[str]) -> str:
    header = ["made", *STATES]
    return "\n\n".join([aligned(["operator", *header], counted(rows, lambda one: one.operator)),
                        aligned(["op", *header], counted(rows, group_of)),
                        crossed(rows, operators)])
