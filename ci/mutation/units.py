"""Compiles mutants one by one, so that one that does not compile stops nothing."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

from candidates import Candidate
from edits import Mutation

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "cmake"))
import mutate as mutate  # noqa: E402  (cmake/mutate.py, which is no package)

RECIPE = """summary: {operator}: {before} => {after}
variant: {variant}
checks: any
file: {file}
<<<<
{old}
====
{new}
>>>>
"""
SPACE = "mutant_{:08x}"  # All names have one length, so that code can be compared.


class BuildError(Exception):
    pass


def recipe_of(mutation: Mutation, candidate: Candidate, name: str, folder: Path) -> mutate.Recipe:
    """Writes the recipe and reads it as the build does."""
    path = folder / "recipes" / candidate.op / f"{name}.mutant"
    mutate.write(path, RECIPE.format(
        operator=mutation.operator, before=mutation.before, after=mutation.after,
        variant=candidate.variant, file=mutation.file.removeprefix("kernels/"), old=mutation.old,
        new=mutation.new))
    recipe = mutate.parse(path)
    recipe.space = SPACE.format(zlib.crc32(name.encode()))
    return recipe


def precompiled(build: Path) -> list[str]:
    """Targets of the headers that units of the build's own mutants begin with."""
    return [str(path.relative_to(build)) + ".gch"
            for path in build.glob("CMakeFiles/mlacheck_mutants.dir/cmake_pch.hxx")]


class Compiler:
    """The command that the build compiles its mutants with."""

    def __init__(self, root: Path, build: Path, work: Path):
        self.root, self.build, self.work = root, build, work
        # As in cmake/Toolchain.cmake.
        self.environment = os.environ | {"CCACHE_NOHASHDIR": "1", "CCACHE_BASEDIR": str(root),
                                         "CCACHE_SLOPPINESS": "pch_defines,time_macros", "CCACHE_COMMENTS": "1"}
        with (build / "compile_commands.json").open(encoding="utf-8") as file:
            units = [entry for entry in json.load(file)
                     if "mlacheck_mutants.dir/mutants/" in entry["command"]]
        if not units:
            raise BuildError(f"{build}: no unit of mlacheck_mutants: configure with BUILD_TESTING")
        words = shlex.split(units[0]["command"])
        for option in ("-o", "-c"):
            del words[words.index(option):words.index(option) + 2]
        unwanted = f"-I{build / 'mutants'}"
        self.command = [word for word in words if not word.startswith(unwanted)]
        launcher = shutil.which("ccache")
        self.launcher = [launcher] if launcher else []
        self.lock = threading.Lock()
        self.originals: dict[Candidate, bytes] = {}

    def compile(self, source: Path, folder: Path) -> str:
        """Empty, or what the compiler says."""
        # Paths are no part of the code.
        prefixes = [f"-ffile-prefix-map={path}=." for path in (folder, self.root)]
        run = subprocess.run(
            [*self.launcher, self.command[0], f"-I{folder}", *self.command[1:], "-w", *prefixes, "-o",
             str(source.with_suffix(".o")), "-c", str(source)],
            cwd=self.build, capture_output=True, text=True, check=False, env=self.environment)
        return "" if run.returncode == 0 else run.stderr or "the compiler failed"

    def unit(self, recipe: mutate.Recipe, texts: dict[str, str]) -> tuple[Path, str]:
        folder = self.work / "units" / recipe.id
        for path, text in texts.items():
            mutate.write(folder / path, text)
        mutate.write(folder / "unit.cpp", mutate.unit(recipe))
        problem = self.compile(folder / "unit.cpp", folder)
        return folder / "unit.o", problem

    def original(self, candidate: Candidate) -> bytes:
        with self.lock:
            return self.original_alone(candidate)

    def original_alone(self, candidate: Candidate) -> bytes:
        if candidate not in self.originals:
            path = self.work / "recipes" / candidate.op / f"original-{candidate.variant}.mutant"
            recipe = mutate.Recipe(path, {"variant": candidate.variant},
                                   space=SPACE.format(zlib.crc32(str(path).encode())))
            recipe_object, problem = self.unit(recipe, {})
            if problem:
                raise BuildError(f"{candidate.op}, {candidate.variant} does not compile:\n{problem}")
            self.originals[candidate] = code_of(recipe_object, recipe.space)
        return self.originals[candidate]

    def library(self, recipes: Iterable[mutate.Recipe], path: Path) -> None:
        chosen = list(recipes)
        listing = path.with_suffix(".cpp")
        mutate.write(listing, mutate.listing(chosen, "cpu"))
        problem = self.compile(listing, path.parent)
        if problem:
            raise BuildError(f"{listing}:\n{problem}")
        objects = [self.work / "units" / recipe.id / "unit.o" for recipe in chosen]
        names = path.with_suffix(".objects")
        names.write_text("\n".join(map(str, [path.with_suffix(".o"), *objects])), encoding="utf-8")
        run = subprocess.run([self.command[0], "-shared", "-o", str(path), f"@{names}"],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise BuildError(f"{path}:\n{run.stderr[-2000:]}")


def code_of(unit: Path, space: str) -> bytes:
    """Contents and relocations of all sections, in a namespace of another name."""
    neutral = unit.with_suffix(".neutral.o")
    neutral.write_bytes(unit.read_bytes().replace(space.encode(), SPACE.format(0).encode()))
    run = subprocess.run(["objdump", "--full-contents", "--reloc", "--wide", str(neutral)],
                         capture_output=True, check=True)
    neutral.unlink()
    return run.stdout.split(b"file format", 1)[1]
