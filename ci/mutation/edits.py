"""All edits of the kernel sources, their ids, and which of them are mutants."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from operators import OPERATORS, Edit
from source import Source, read

FILES = ("kernels/*/*.kernel.h", "kernels/*/*.host.h", "kernels/mla_decode/key_map.h",
         "kernels/common/*.h")
# Calls that must be refused are no part of the battery, except for overlaps (K15): what these
# functions let through, tests of the host routines have.
ARGUMENT_CHECKS = re.compile(r"(?:^|::)check\w*$")
# Edits of one file by one operator that become mutants, unless all are wanted.
MOST = 2


@dataclass(frozen=True)
class Mutation:
    file: str
    operator: str
    place: str
    id: str
    before: str  # the changed lines, blanks collapsed
    after: str
    old: str  # whole lines that occur once in the file
    new: str

    @property
    def text(self) -> str:
        return "\t".join(self.key)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What an entry of the file of equivalents names: no line, so that it outlives other edits."""
        return self.file, self.place, self.before, self.after


def collapsed(text: str) -> str:
    return " ".join(text.split())


def replacement(source: Source, edit: Edit) -> tuple[str, str, str, str]:
    """(changed lines, what they become, the same with as many lines around as make them unique)."""
    first, last = source.lines_around(edit.begin, edit.end)
    before = source.text[first:last]
    after = source.text[first:edit.begin] + edit.new + source.text[edit.end:last]
    begin, end = first, last
    while source.text.count(source.text[begin:end]) != 1:
        begin = source.text.rfind("\n", 0, max(0, begin - 1)) + 1
        end = source.text.find("\n", end + 1) if end + 1 < len(source.text) else end
    old = source.text[begin:end]
    new = source.text[begin:edit.begin] + edit.new + source.text[edit.end:end]
    return before, after, old, new


def mutations_of(source: Source) -> Iterator[Mutation]:
    stem = Path(source.path).name.removesuffix(".h").replace(".", "-")
    folder = Path(source.path).parent.name
    name = stem if stem.startswith(folder) else f"{folder}-{stem}"
    seen: Counter[tuple[str, str]] = Counter()
    texts: set[str] = set()
    same: Counter[tuple[str, str, str]] = Counter()
    for operator, edits in OPERATORS.items():
        for edit in sorted(edits(source), key=lambda one: (one.begin, one.end, one.new)):
            place = source.place(edit.begin)
            if ARGUMENT_CHECKS.search(place):
                continue
            mutated = source.text[:edit.begin] + edit.new + source.text[edit.end:]
            if mutated in texts:  # two operators, one edit
                continue
            texts.add(mutated)
            seen[place, operator] += 1
            words = re.sub(r"\W+", "-", place)
            before, after, old, new = replacement(source, edit)
            before, after = collapsed(before), collapsed(after)
            same[place, before, after] += 1
            if same[place, before, after] > 1:
                place += f" ({same[place, before, after]})"
            yield Mutation(source.path, operator, place,
                           f"{name}-{words}-{operator}-{seen[source.place(edit.begin), operator]}",
                           before, after, old, new)


def chosen(mutations: list[Mutation], most: int) -> list[Mutation]:
    """At most so many of each file and operator, those that a hash of the edit puts first: an edit
    elsewhere changes nothing. The first of all come first, then the second of all."""
    def rank(mutation: Mutation) -> str:
        return hashlib.sha256(mutation.text.encode()).hexdigest()

    taken: Counter[tuple[str, str]] = Counter()
    found = []
    for mutation in sorted(mutations, key=rank):
        taken[mutation.file, mutation.operator] += 1
        if taken[mutation.file, mutation.operator] <= most:
            found.append((taken[mutation.file, mutation.operator], mutation.file, mutation.id, mutation))
    return [mutation for *_, mutation in sorted(found, key=lambda one: one[:3])]


def all_mutations(root: Path) -> list[Mutation]:
    paths = sorted({str(path.relative_to(root)) for pattern in FILES for path in root.glob(pattern)})
    return [mutation for path in paths for mutation in mutations_of(read(root, path))]
