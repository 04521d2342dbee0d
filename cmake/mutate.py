"""Turns mutant recipes into sources.

A recipe (tests/mutants/<op>/<id>.mutant) says which text of an op's kernel or host source, or of a
header that kernels share (common/<name>), is replaced by which other text. Its old text must occur
exactly once: when the source changes underneath, the build says which recipe no longer fits, so that
a mutant cannot drift away from the code it mutates.

For each recipe: <out>/<id>/<path>, the mutated copies, and <out>/<id>/unit.cpp, which compiles the
variant that the recipe names with them. <out>/list.cpp names all of them. Files that do not change are not touched.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

HEADER_KEYS = {"summary", "variant", "checks", "control", "reason", "backend"}
BACKENDS = {"cpu.w32": 32, "cpu.w64": 64}


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


def source_path(file: str, op: str) -> str:
    """Path from the root of what a recipe of `op` calls `file`."""
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
            if not re.fullmatch(r"(\w+/)?[\w.]+", value):
                raise RecipeError(f"{path}:{i}: file '{value}': expected the name of a file of "
                                  "kernels/<op>, <op>/<name> or common/<name>")
            current = source_path(value, recipe.op)
        else:
            recipe.header[key] = value
    for key in ("summary", "variant"):
        if not recipe.header.get(key):
            raise RecipeError(f"{path}: no '{key}:' line")
    if bool(recipe.header.get("checks")) == bool(recipe.header.get("control")):
        raise RecipeError(f"{path}: either a 'checks:' line (a mutant) or a 'control:' line "
                          "(why nothing changes) is needed")
    if recipe.header.get("backend", "cpu.w32") not in BACKENDS:
        raise RecipeError(f"{path}: backend '{recipe.header['backend']}': expected one of "
                          f"{' '.join(BACKENDS)}")
    if not recipe.replacements:
        raise RecipeError(f"{path}: replaces nothing")
    return recipe


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
    width = BACKENDS[recipe.header.get("backend", "cpu.w32")]
    return f"""// Generated from tests/mutants/{recipe.op}/{recipe.id}.mutant.
#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH {width}
#define MLACHECK_TARGET {recipe.space}
#define MLACHECK_ONLY_VARIANT {quoted(recipe.header["variant"])}
#include "kernels/{recipe.op}/{recipe.op}.subject.h"

namespace mlacheck {{
SubjectTable {recipe.space}_table();
SubjectTable {recipe.space}_table() {{ return {recipe.space}::{recipe.op}::subjects(); }}
}}  // namespace mlacheck
"""


def listing(recipes: list) -> str:
    lines = ["// Generated: all mutants.", '#include "harness/subjects/mutant_source.hpp"', "",
             "namespace mlacheck {"]
    lines += [f"SubjectTable {recipe.space}_table();" for recipe in recipes]
    lines += ["namespace {", "const MutantSource kMutants[] = {"]
    for recipe in recipes:
        head = recipe.header
        fields = [recipe.id, recipe.op, head["variant"], head["summary"], head.get("checks", ""),
                  head.get("control", head.get("reason", ""))]
        lines.append("    {" + ", ".join(quoted(value) for value in fields)
                     + f", &{recipe.space}_table}},")
    lines += ["};", "}  // namespace", "}  // namespace mlacheck", "",
              'extern "C" const mlacheck::MutantSource* mlacheck_mutants(std::size_t* count) {',
              f"  *count = {len(recipes)};", "  return mlacheck::kMutants;", "}", ""]
    return "\n".join(lines)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("--root", "--recipes", "--out"):
        arguments.add_argument(name, type=Path, required=True)
    options = arguments.parse_args()
    try:
        recipes = [parse(path) for path in sorted(options.recipes.glob("*/*.mutant"))]
        seen = {}
        for recipe in recipes:
            other = seen.setdefault(recipe.space, recipe)
            if other is not recipe:
                raise RecipeError(f"{recipe.path}: the id is that of {other.path}")
        for recipe in recipes:
            folder = options.out / recipe.id
            for file, text in mutate(recipe, options.root).items():
                write(folder / file, text)
            write(folder / "unit.cpp", unit(recipe))
        write(options.out / "list.cpp", listing(recipes))
    except RecipeError as error:
        print(f"mutate.py: {error}", file=sys.stderr)
        return 1
    # For the build: one id a line.
    print("\n".join(recipe.id for recipe in recipes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
