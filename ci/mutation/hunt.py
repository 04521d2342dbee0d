"""Builds chosen mutants and runs the battery on them, in portions, so that survivors show early."""

import concurrent.futures
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from candidates import candidates
from edits import Mutation
from units import BuildError, Compiler, code_of, mutate, recipe_of

# Mutants of one library. The first cases kill most; those that live get more, in all variants.
PORTION = 30
FIRST = ["--cases", "50", "--seconds", "60"]
THOROUGH = ["--cases", "400", "--seconds", "120"]


ALIVE = "alive"  # after the first cases
SURVIVED = "survived"
ERROR = "error"  # of the harness


@dataclass
class Outcome:
    id: str
    state: str  # "does not compile", "same code", "killed", ALIVE, SURVIVED, ERROR
    note: str = ""  # the check that killed it, or the compiler's first error
    case: str = ""
    edit: str = ""  # what the id stood for


@dataclass(frozen=True)
class Attempt:
    mutation: Mutation
    recipe: mutate.Recipe


def first_error(text: str) -> str:
    return next((line for line in text.splitlines() if "error:" in line), text[:200])


class Hunt:
    def __init__(self, root: Path, build: Path, work: Path, jobs: int):
        self.root, self.work, self.jobs = root, work, jobs
        self.users = candidates(root)
        self.compiler = Compiler(root, build, work)
        work.mkdir(parents=True, exist_ok=True)
        # A copy, so that a build meanwhile changes nothing half-way.
        self.program = shutil.copy2(build / "mlacheck", work / "mlacheck")

    def attempts(self, mutation: Mutation) -> Iterator[Attempt | Outcome]:
        """The mutant in each variant whose code it changes; an outcome if there is none."""
        source = (self.root / mutation.file).read_text(encoding="utf-8")
        text = {mutation.file: source.replace(mutation.old, mutation.new)}
        changed = False
        for candidate in self.users[mutation.file]:
            name = f"{mutation.id}-in-{candidate.op}-{candidate.variant}"
            recipe = recipe_of(mutation, candidate, name, self.work)
            assert mutate.mutate(recipe, self.root) == text, mutation.id
            unit, problem = self.compiler.unit(recipe, text)
            if problem:
                if not changed:
                    yield Outcome(mutation.id, "does not compile", first_error(problem))
                return
            if code_of(unit, recipe.space) != self.compiler.original(candidate):
                changed = True
                yield Attempt(mutation, recipe)
        if not changed:
            yield Outcome(mutation.id, "same code")

    def run(self, attempts: list[Attempt], name: str, limits: list[str]) -> dict[str, dict[str, Any]]:
        """By name of the recipe: what the program reports."""
        folder = self.work / "libraries"
        library = folder / f"{name}.so"
        folder.mkdir(parents=True, exist_ok=True)
        self.compiler.library([attempt.recipe for attempt in attempts], library)
        report = library.with_suffix(".json")
        report.unlink(missing_ok=True)
        only = [word for attempt in attempts for word in ("--only", attempt.recipe.id)]
        run = subprocess.run(
            [str(self.program), "mutants", "--library", str(library), "--jobs",
             str(self.jobs), "--json", str(report), *limits, *only],
            capture_output=True, text=True, check=False)
        if not report.is_file():
            raise BuildError(f"mlacheck mutants --library {library} ends with {run.returncode}:\n"
                             f"{run.stdout[-1000:]}{run.stderr[-1000:]}")
        found = json.loads(report.read_text(encoding="utf-8"))
        if found["interrupted"]:
            raise KeyboardInterrupt
        results = {result["id"]: result for result in found["mutants"]}
        missing = {attempt.recipe.id for attempt in attempts} - set(results)
        if missing:
            raise BuildError(f"{report}: no result of " + " ".join(sorted(missing)))
        return results

    def first(self, mutations: list[Mutation]) -> Iterator[Outcome]:
        """Few cases, in one variant after the other."""
        streams = {mutation.id: self.attempts(mutation) for mutation in mutations}
        alive = mutations
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for turn in itertools.count():
                found = pool.map(lambda mutation: next(streams[mutation.id], None), alive)
                waiting = [attempt for attempt in found if attempt is not None]
                if not waiting:
                    break
                yield from (one for one in waiting if isinstance(one, Outcome))
                attempts = [one for one in waiting if isinstance(one, Attempt)]
                over = yield from self.kills(attempts, f"{mutations[0].id}-{turn}", FIRST)
                over |= {one.id for one in waiting if isinstance(one, Outcome)}
                alive = [mutation for mutation in alive if mutation.id not in over]
        yield from (Outcome(one.id, ALIVE) for one in alive)

    def thorough(self, mutations: list[Mutation]) -> Iterator[Outcome]:
        """More cases for what lives, in all variants."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            found = list(pool.map(lambda mutation: list(self.attempts(mutation)), mutations))
        attempts = [one for several in found for one in several if isinstance(one, Attempt)]
        over = yield from self.kills(attempts, f"{mutations[0].id}-all", THOROUGH)
        yield from (Outcome(one.id, SURVIVED) for one in mutations if one.id not in over)

    def kills(self, attempts: list[Attempt], name: str,
              limits: list[str]) -> Generator[Outcome, None, set[str]]:
        """Yields what is killed or cannot be judged, and returns its ids."""
        over: set[str] = set()
        results = self.run(attempts, name, limits) if attempts else {}
        for attempt in attempts:
            result = results[attempt.recipe.id]
            if attempt.mutation.id in over or not (result["killed"] or result["error"]):
                continue
            over.add(attempt.mutation.id)
            yield (Outcome(attempt.mutation.id, "killed", result["killer"], result["case"])
                   if result["killed"] else Outcome(attempt.mutation.id, ERROR, result["error"]))
        return over


def portions(mutations: list[Mutation], size: int) -> Iterator[list[Mutation]]:
    for begin in range(0, len(mutations), size):
        yield mutations[begin:begin + size]


def write_outcomes(path: Path, outcomes: dict[str, Outcome]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(outcome) for outcome in outcomes.values()], indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_outcomes(path: Path) -> dict[str, Outcome]:
    if not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {outcome["id"]: Outcome(**outcome) for outcome in found}


def progress(outcome: Outcome) -> None:
    print(f"{outcome.state:<17} {outcome.id}  {outcome.note[:90]}")
    sys.stdout.flush()
