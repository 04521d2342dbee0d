"""Runs clang-tidy over the units of a build and passes over those that it has found clean before.

    tidy.py BUILD_FOLDER REGULAR_EXPRESSION_OF_SOURCES

A unit is clean as long as nothing that goes into it changes: its own text, all headers that the
build's compiler read for it (from ninja's records), its command, .clang-tidy and the tool. A unit
without records that are newer than all its files is always examined. What is remembered is one
empty file for each clean unit, in the user's cache folder; nobody needs to clean up there, and a
missing folder costs time only.

The tool compiles without the build's precompiled headers, which are another compiler's. So a unit
that does not include what it uses is found out here.
"""

import concurrent.futures
import hashlib
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIDY = os.environ.get("CLANG_TIDY", "clang-tidy")  # ci/lint names it
REMEMBERED_SECONDS = 60 * 24 * 3600


def records(build: Path) -> dict[str, list[Path]]:
    """For each object all files that its compiler read."""
    listing = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                             check=True).stdout
    known: dict[str, Path] = {}  # a header is read by hundreds
    files: dict[str, list[Path]] = {}
    current: list[Path] = []
    for line in listing.splitlines():
        if line.startswith("    "):
            name = line.strip()
            if name not in known:
                known[name] = Path(os.path.normpath(build / name))
            current.append(known[name])
        elif ": #deps " in line:
            current = []
            if line.endswith("(VALID)"):
                files[line.split(": #deps ")[0]] = current
    return files


def object_of(unit: dict) -> str:
    """Its path from the build folder; not all versions of CMake write an "output"."""
    words = shlex.split(unit["command"])
    return words[words.index("-o") + 1]


def precompiled_header(words: list[str]) -> str | None:
    """The one that a command names, as CMake writes it."""
    for option, value in itertools.pairwise(words):
        if option == "-include" and Path(value).name == "cmake_pch.hxx":
            return value
    return None


def without_precompiled_header(command: str) -> str:
    words = shlex.split(command)
    header = precompiled_header(words)
    if header is None:
        return command
    at = words.index(header)
    return shlex.join(word for word in words[:at - 1] + words[at + 1:] if word != "-Winvalid-pch")


class Fingerprints:
    """Of a unit: everything that could change what the tool says about it."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self.root = Path.cwd()
        self.records = records(build)
        self.states: dict[Path, tuple[int, str]] = {}
        version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
        self.common = version + Path(".clang-tidy").read_bytes()

    def state(self, file: Path) -> tuple[int, str]:
        """When it was written, and its name and contents. Read once: hundreds of units share a header.

        The name is the same for every checkout, so that clones of one machine share what they know.
        """
        if file not in self.states:
            name = str(file).replace(str(self.root), ".")
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            self.states[file] = (file.stat().st_mtime_ns, f"{name} {content}")
        return self.states[file]

    def of(self, units: list[dict]) -> str | None:
        """Of a source file, in all targets that compile it."""
        parts = [self.of_one(unit) for unit in units]
        if None in parts:
            return None
        return hashlib.sha256(self.common + "\n".join(parts).encode()).hexdigest()

    def files_of(self, unit: dict) -> list[Path] | None:
        """With those of its precompiled header, and without what the compiler made of that."""
        files = self.records.get(object_of(unit))
        header = precompiled_header(shlex.split(unit["command"]))
        if files is None or header is None:
            return files
        of_header = self.records.get(os.path.relpath(header, self.build) + ".gch")
        if of_header is None:
            return None
        return [file for file in files + of_header if file.suffix != ".gch"]

    def of_one(self, unit: dict) -> str | None:
        compiled = self.build / object_of(unit)
        files = self.files_of(unit)
        try:
            states = {self.state(file) for file in files or []}
            if not states or max(states)[0] > compiled.stat().st_mtime_ns:
                return None
        except FileNotFoundError:
            return None
        command = without_precompiled_header(unit["command"]).replace(str(self.root), ".")
        return "\n".join([command, *sorted(what for _, what in states)])


def examine(database: str, file: str) -> str:
    """What the tool says; nothing if the file is clean."""
    run = subprocess.run([TIDY, "-p", database, "--quiet", file], capture_output=True, text=True,
                         check=False)
    return "" if run.returncode == 0 else f"{file}:\n{run.stdout}{run.stderr}"


def main() -> int:
    build, wanted = Path(sys.argv[1]).resolve(), re.compile(sys.argv[2])
    units: dict[str, list[dict]] = {}
    for unit in json.loads((build / "compile_commands.json").read_text()):
        if wanted.search(os.path.relpath(unit["file"])):
            units.setdefault(unit["file"], []).append(unit)
    if not units:
        print(f"error: sources '{sys.argv[2]}': expected to match a source file", file=sys.stderr)
        return 2
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mlacheck/clang-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    for stamp in cache.iterdir():
        if time.time() - stamp.stat().st_mtime > REMEMBERED_SECONDS:
            stamp.unlink(missing_ok=True)

    fingerprints = Fingerprints(build)
    stamps = {}
    to_do = []
    for file, compiled in units.items():
        fingerprint = fingerprints.of(compiled)
        stamps[file] = cache / fingerprint if fingerprint else None
        if stamps[file] is not None and stamps[file].exists():
            stamps[file].touch()
        else:
            to_do.append(file)

    findings = 0
    with (tempfile.TemporaryDirectory() as database,
          concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool):
        plain = [{**unit, "command": without_precompiled_header(unit["command"])}
                 for compiled in units.values() for unit in compiled]
        Path(database, "compile_commands.json").write_text(json.dumps(plain))
        for file, said in zip(to_do, pool.map(lambda file: examine(database, file), to_do)):
            if said:
                findings += 1
                print(said, flush=True)
            elif stamps[file] is not None:
                stamps[file].touch()
    print(f"lint: clang-tidy examined {len(to_do)} files, {len(units) - len(to_do)} are as they were "
          f"when last found clean, {findings} have findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
