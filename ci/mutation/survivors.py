"""tests/mutants/generated-survivors.txt: generated mutants that the battery lets live, and why.

One a line, with tabs between: kind, file, place, the line as it is, the line as it becomes, the
reason. `Mutation.key` has the four in the middle. An `equivalent` changes no result that a contract
promises. The others do: `tested` ones where a test outside of the battery looks, `unseen` ones where
none does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edits import Mutation, collapsed

KINDS = ("equivalent", "tested", "unseen")
Key = tuple[str, str, str, str]


class EntryError(Exception):
    pass


@dataclass(frozen=True)
class Entry:
    kind: str
    reason: str


def read(path: Path) -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = [collapsed(cell) for cell in line.split("\t")]
        if len(cells) != 6 or not all((*cells[:4], cells[5])):
            raise EntryError(f"{path}:{number}: expected kind, file, place, before, after and reason "
                             f"with tabs between, found {len(cells)} cells: {line}")
        if cells[0] not in KINDS:
            raise EntryError(f"{path}:{number}: kind '{cells[0]}': expected one of {' '.join(KINDS)}")
        key = (cells[1], cells[2], cells[3], cells[4])
        if key in found:
            raise EntryError(f"{path}:{number}: this edit has an entry already: {line}")
        found[key] = Entry(cells[0], cells[5])
    return found


def line_of(kind: str, mutation: Mutation, reason: str) -> str:
    return "\t".join((kind, *mutation.key, reason))


def strangers(entries: Iterable[Key], everything: Iterable[Mutation]) -> list[Key]:
    """Entries for edits that the generator does not make."""
    keys = {mutation.key for mutation in everything}
    return [key for key in entries if key not in keys]
