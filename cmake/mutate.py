"""Turns mutant recipes into sources.

A recipe (tests/mutants/<op>/<id>.mutant) says which text of an op's kernel or host source, or of a
header that kernels share (common/<name>), is replaced by which other text. Its old text must occur
exactly once: when the source changes underneath, the build says which recipe no longer fits, so that
a mutant cannot drift away from the code it mutates.

For each recipe: <out>/<id>/<path>, the mutated copies, and <out>/<id>/unit.cpp, which compiles the
variant that the recipe names with them. <out>/list.cpp names all of them. Files that do not change are not touched.

With --target cuda: the recipes for warps of 32 lanes, and those that only a GPU can show (backend: cuda), several
to a unit <out>/<op>-<number>.cu. The list then also names the recipes that are left out, with their reasons.
With --target hip: the recipes with `backend: hip`, in units <out>/<op>-<number>.hip. All recipes must fit their
sources, whatever the target is.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

HEADER_KEYS = {"summary", "variant", "checks", "control", "reason", "backend", "cuda", "target"}
BACKENDS = {"cpu.w32": "#define MLACHECK_BACKEND_CPU 1\n#define MLACHECK_WARP_WIDTH 32\n",
            "cpu.w64": "#define MLACHECK_BACKEND_CPU 1\n#define MLACHECK_WARP_WIDTH 64\n",
            "cuda": "#define MLACHECK_BACKEND_CUDA 1\n",
            "hip": "#define MLACHECK_BACKEND_HIP 1\n"}
SUFFIXES = {"cuda": "cu", "hip": "hip"}
HIP_TARGETS = ("gfx90a", "gfx1030")
# Recipes that share a unit, at most about so many.
BATCH = 8
NOT_ON_CUDA = re.compile(r"none, (\S.*)")


class RecipeError(Exception):
    pass


@dataclass
class Recipe:
    path: Path
    header: dict = field(default_factory=dict)
    replacements: list = field(default_factory=list)  # (path from the root, old, new)
    space: str = ""  # namespace of the mutant's code

    def __post_init__(self):
        self.space = self.space or "mutant_" + re.sub(r"\W", "_", self.id)

    @property
    def id(self):
        return self.path.stem

    @property
    def op(self):
        return self.path.parent.name

    @property
    def backend(self):
        return self.header.get("backend", "cpu.w32")

    def listed_for(self, target):
        """Whether the library for `target` names it at all."""
        if target == "hip" or self.backend == "hip":
            return target == self.backend
        return target == "cuda" or self.backend != "cuda"

    def left_out_of(self, target):
        """Why the library for `target` names it and has no code of it; empty if it has."""
        if target != "cuda" or self.backend == "cuda":
            return ""
        if self.backend != "cpu.w32":
            return f"it is for {self.backend}"
        reason = NOT_ON_CUDA.fullmatch(self.header.get("cuda", ""))
        return reason[1] if reason else ""

    def checks_for(self, target):
        checks = self.header.get("checks", "")
        return self.header.get("cuda", checks) if target == "cuda" else checks


def source_path(file: str, op: str) -> str:
    """Path from the root of what a recipe of `op` calls `file`."""
    if file.startswith("harness/device/"):
        return file
    folder, slash, name = file.rpartition("/")
    return f"kernels/{folder if slash else op}/{name}"


def parse(path: Path) -> Recipe:
    recipe = Recipe(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    current = None
    i = 0
    while i < len(lines):
        line = lines[i]
        i += 1
        if not line.strip() or line.startswith("#"):
            continue
        if line == "<<<<":
            if current is None:
                raise RecipeError(f"{path}:{i}: a replacement needs a 'file:' line before it")
            try:
                middle = lines.index("====", i)
                end = lines.index(">>>>", middle)
            except ValueError:
                raise RecipeError(f"{path}:{i}: '<<<<' without '====' and '>>>>'") from None
            old, new = "\n".join(lines[i:middle]), "\n".join(lines[middle + 1:end])
            recipe.replacements.append((current, old, new))
            i = end + 1
            continue
        key, colon, value = line.partition(":")
        value = value.strip()
        if not colon or (key != "file" and key not in HEADER_KEYS):
            raise RecipeError(f"{path}:{i}: '{line}' where one of "
                              f"{' '.join(sorted(HEADER_KEYS | {'file'}))} is expected")
        if key == "file":
            if not re.fullmatch(r"(harness/device/hip/|\w+/)?[\w.]+", value):
                raise RecipeError(f"{path}:{i}: file '{value}': expected the name of a file of "
                                  "kernels/<op>, <op>/<name>, common/<name> or harness/device/hip/<name>")
            current = source_path(value, recipe.op)
        else:
            recipe.header[key] = value
    for key in ("summary", "variant"):
        if not recipe.header.get(key):
            raise RecipeError(f"{path}: no '{key}:' line")
    if bool(recipe.header.get("checks")) == bool(recipe.header.get("control")):
        raise RecipeError(f"{path}: either a 'checks:' line (a mutant) or a 'control:' line "
                          "(why nothing changes) is needed")
    if recipe.backend not in BACKENDS:
        raise RecipeError(f"{path}: backend '{recipe.backend}': expected one of "
                          f"{' '.join(BACKENDS)}")
    check_cuda_line(recipe)
    check_hip_lines(recipe)
    if not recipe.replacements:
        raise RecipeError(f"{path}: replaces nothing")
    return recipe


def check_cuda_line(recipe: Recipe):
    """The line says what is different on CUDA from cpu.w32."""
    line = recipe.header.get("cuda")
    if line is None:
        return
    if recipe.backend != "cpu.w32":
        raise RecipeError(f"{recipe.path}: cuda '{line}': expected no such line, since the recipe is "
                          f"for {recipe.backend} alone")
    if NOT_ON_CUDA.fullmatch(line):
        return
    if "control" in recipe.header or not re.fullmatch(r"\w+( \w+)*", line) or line.split()[0] == "none":
        raise RecipeError(f"{recipe.path}: cuda '{line}': expected 'none, <reason>'"
                          + ("" if "control" in recipe.header else " or the checks that ought to fire there"))


def check_hip_lines(recipe: Recipe):
    """What only hip has: a target on which alone the defect shows, and the dialect as a file to be changed."""
    if recipe.backend == "hip":
        target = recipe.header.get("target")
        if target is not None and target not in HIP_TARGETS:
            raise RecipeError(f"{recipe.path}: target '{target}': expected one of {' '.join(HIP_TARGETS)}")
        return
    if "target" in recipe.header:
        raise RecipeError(f"{recipe.path}: target '{recipe.header['target']}': expected no such line, since the recipe "
                          f"is for {recipe.backend}")
    if any(file.startswith("harness/") for file, _, _ in recipe.replacements):
        raise RecipeError(f"{recipe.path}: a file of harness/device/hip: expected 'backend: hip' with it")


def mutate(recipe: Recipe, root: Path) -> dict:
    """Path from the root -> mutated text."""
    texts = {}
    for file, old, new in recipe.replacements:
        source = root / file
        if file not in texts:
            if not source.is_file():
                raise RecipeError(f"{recipe.path}: there is no {file}")
            texts[file] = source.read_text(encoding="utf-8")
        count = texts[file].count(old)
        if count != 1:
            raise RecipeError(f"{recipe.path}: this text occurs {count} times in {file}, "
                              f"where once is needed:\n{old}")
        texts[file] = texts[file].replace(old, new)
    return texts


def write(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unit(recipe: Recipe) -> str:
    return f"""// Generated from tests/mutants/{recipe.op}/{recipe.id}.mutant.
{BACKENDS[recipe.backend]}#define MLACHECK_TARGET {recipe.space}
#define MLACHECK_ONLY_VARIANT {quoted(recipe.header["variant"])}
#include "kernels/{recipe.op}/{recipe.op}.subject.h"

{table_function(recipe)}"""


def table_function(recipe: Recipe) -> str:
    return f"""namespace mlacheck {{
SubjectTable {recipe.space}_table();
SubjectTable {recipe.space}_table() {{ return {recipe.space}::{recipe.op}::subjects(); }}
}}  // namespace mlacheck
"""


INCLUDE = re.compile(r'^#include "((?:kernels|harness/device)/[^"]+)"$', re.MULTILINE)
ONCE = re.compile(r"^#pragma once$", re.MULTILINE)
ROUTINE_TAKEN = re.compile(r"&((?:\w+::)?(\w+))\b")
ROUTINE_OF_OTHER_TAKEN = re.compile(r"&(\w+::(\w+))\b")
HOST_ROUTINE = re.compile(r"^inline Status (\w+)\(const Call& call, LaunchContext& context\) \{$", re.MULTILINE)


def own_copies(recipe: Recipe, texts: dict, root: Path) -> dict:
    """All headers that the mutant's subjects are made of and whose text is in the namespace of the target, with
    includes of each other in place of the originals: several mutants can then share one unit, and what it
    costs to parse the headers of the system and of the harness."""
    headers = {}
    pending = [f"kernels/{recipe.op}/{recipe.op}.subject.h"]
    while pending:
        file = pending.pop()
        if file not in headers:
            headers[file] = texts.get(file) or (root / file).read_text(encoding="utf-8")
            pending += INCLUDE.findall(headers[file])
    copies: dict = {}
    found = True
    while found:  # A header that only includes such ones must include the copies, too.
        found = {file: text for file, text in headers.items() if file not in copies
                 and ("MLACHECK_TARGET" in text or not copies.keys().isdisjoint(INCLUDE.findall(text)))}
        copies |= found
    routines = {name for text in copies.values() for name in HOST_ROUTINE.findall(text)}
    for file, text in copies.items():
        # nvcc compiles all kernels that a function names, used or not, but those of a template only when it is used.
        text = HOST_ROUTINE.sub(lambda match: "template <int = 0>\n" + match[0], text)
        # Elsewhere only a name with its namespace is sure to be a routine's.
        taken = ROUTINE_TAKEN if file.endswith(".subject.h") else ROUTINE_OF_OTHER_TAKEN
        text = taken.sub(lambda match: match[0] + ("<>" if match[2] in routines else ""), text)
        # Copies of one text are one file to `#pragma once`.
        guard = re.sub(r"\W", "_", f"{recipe.space}_{file}")
        text = ONCE.sub(f"#if !defined({guard})\n#define {guard}", text) + "#endif\n"
        copies[file] = INCLUDE.sub(
            lambda match: f'#include "{recipe.id}/{match[1]}"' if match[1] in copies else match[0], text)
    return copies


def batches(recipes: list) -> dict:
    """Name of a unit -> its recipes, of one op. A recipe more or less changes one batch and not all of its op."""
    found: dict = {}
    for recipe in recipes:
        group = recipe.op + ("-gpu" if recipe.backend == "cuda" else "")
        found.setdefault(group, []).append(recipe)
    named: dict = {}
    for group, own in found.items():
        count = 1 << max(0, len(own) // BATCH).bit_length()
        for recipe in own:
            named.setdefault(f"{group}-{crc32(recipe.id.encode()) % count}", []).append(recipe)
    return named


def batch_unit(batch: list, target: str) -> str:
    lines = ["// Generated from recipes of tests/mutants.", BACKENDS[target]]
    for recipe in batch:
        lines += ["#undef MLACHECK_TARGET", "#undef MLACHECK_ONLY_VARIANT",
                  f"#define MLACHECK_TARGET {recipe.space}",
                  f"#define MLACHECK_ONLY_VARIANT {quoted(recipe.header['variant'])}",
                  f'#include "{recipe.id}/kernels/{recipe.op}/{recipe.op}.subject.h"', table_function(recipe)]
    return "\n".join(lines)


def listing(recipes: list, target: str) -> str:
    lines = ["// Generated: all mutants.", '#include "harness/subjects/mutant_source.hpp"', "",
             "namespace mlacheck {"]
    lines += [f"SubjectTable {recipe.space}_table();" for recipe in recipes
              if not recipe.left_out_of(target)]
    lines += ["namespace {", "const MutantSource kMutants[] = {"]
    for recipe in recipes:
        head = recipe.header
        left_out = recipe.left_out_of(target)
        fields = [recipe.id, recipe.op, head["variant"], head["summary"],
                  recipe.checks_for(target) if not left_out else head.get("checks", ""),
                  left_out or head.get("control", head.get("reason", ""))]
        table = "nullptr" if left_out else f"&{recipe.space}_table"
        only_gpu = "true" if recipe.backend in SUFFIXES else "false"
        lines.append("    {" + ", ".join(quoted(value) for value in fields)
                     + f", {quoted(head.get('target', ''))}, {only_gpu}, {table}}},")
    lines += ["};", "}  // namespace", "}  // namespace mlacheck", "",
              'extern "C" const mlacheck::MutantSource* mlacheck_mutants(std::size_t* count) {',
              f"  *count = {len(recipes)};", "  return mlacheck::kMutants;", "}", ""]
    return "\n".join(lines)


def write_units(recipes: list, texts: dict, options: argparse.Namespace) -> list:
    """One for each recipe, with the mutated files alone: they are found before the originals."""
    for recipe in recipes:
        for file, text in texts[recipe.id].items():
            write(options.out / recipe.id / file, text)
        write(options.out / recipe.id / "unit.cpp", unit(recipe))
    return [recipe.id for recipe in recipes]


def write_batches(recipes: list, texts: dict, options: argparse.Namespace) -> list:
    """Units of several recipes each: half of what a GPU's compiler takes for one goes into headers of the system."""
    for recipe in recipes:
        for file, text in own_copies(recipe, texts[recipe.id], options.root).items():
            write(options.out / recipe.id / file, text)
    named = batches(recipes)
    for name, batch in named.items():
        write(options.out / f"{name}.{SUFFIXES[options.target]}", batch_unit(batch, options.target))
    return sorted(named)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("--root", "--recipes", "--out"):
        arguments.add_argument(name, type=Path, required=True)
    arguments.add_argument("--target", choices=("cpu", "cuda", "hip"), default="cpu")
    arguments.add_argument("--ops", nargs="*", default=[], help="only the recipes of these ops")
    options = arguments.parse_args()
    try:
        recipes = [parse(path) for path in sorted(options.recipes.glob("*/*.mutant"))]
        seen: dict = {}
        for recipe in recipes:
            other = seen.setdefault(recipe.space, recipe)
            if other is not recipe:
                raise RecipeError(f"{recipe.path}: the id is that of {other.path}")
        texts = {recipe.id: mutate(recipe, options.root) for recipe in recipes}
        listed = [recipe for recipe in recipes if recipe.listed_for(options.target)
                  and (not options.ops or recipe.op in options.ops)]
        compiled = [recipe for recipe in listed if not recipe.left_out_of(options.target)]
        if options.target in SUFFIXES:
            units = write_batches(compiled, texts, options)
        else:
            units = write_units(compiled, texts, options)
        write(options.out / "list.cpp", listing(listed, options.target))
    except RecipeError as error:
        print(f"mutate.py: {error}", file=sys.stderr)
        return 1
    # For the build: one unit a line.
    print("\n".join(units))
    return 0


if __name__ == "__main__":
    sys.exit(main())
