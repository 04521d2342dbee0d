"""Whether the command lines on a page are ones that the programs of the project take."""

import json
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from documents import Page

OPERATORS = {"&&", "||", ";", "|"}
ASSIGNMENT = re.compile(r"\w+=")
OPTION = re.compile(r"--[a-z][\w-]*")
HIDDEN = {"worker", "describe"}  # Commands that the help does not show.
# What a line begins with that belongs into a block of commands.
LOOKS_LIKE_ONE = re.compile(r"(?:\$ )?(?:P/bin/)?(?:mlacheck|cmake|ctest|python3|ci/[\w-]+"
                            r"|build/[\w/-]+|\w+_(?:test|bench))(?: |$)")
BUILT = re.compile(r"(?:build/[\w-]+/)?((?:tests/|bench/)?\w+_(?:test|bench)|mlacheck)")
INLINE = re.compile(r"`([^`]+)`")


@dataclass
class Programs:
    """What is built in `build`, and what its help and its lists say; each is asked once."""
    source: Path
    build: Path
    _answers: dict[tuple[str, ...], str] = field(default_factory=dict)

    def ask(self, *command: str) -> str:
        if command not in self._answers:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            self._answers[command] = done.stdout
        return self._answers[command]

    @property
    def mlacheck(self) -> str:
        return str(self.build / "mlacheck")

    def help(self, *words: str) -> str:
        return self.ask(self.mlacheck, *words, "--help")

    def commands(self) -> set[str]:
        text = self.help().partition("\nCommands:\n")[2].partition("\n\n")[0]
        return set(re.findall(r"^  (\w+) ", text, re.MULTILINE))

    def options(self, *words: str) -> set[str]:
        return set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", self.help(*words), re.MULTILINE))

    def ops(self) -> list[str]:
        return re.findall(r"^(\w+)\n  variants$", self.ask(self.mlacheck, "list"), re.MULTILINE)

    def variants(self) -> list[str]:
        return re.findall(r"^    (\w+) on ", self.ask(self.mlacheck, "list"), re.MULTILINE)

    def presets(self) -> set[str]:
        presets = json.loads((self.source / "CMakePresets.json").read_text(encoding="utf-8"))
        return {preset["name"] for preset in presets["buildPresets"]}

    def targets(self) -> set[str]:
        folders = (self.build / "CMakeFiles/TargetDirectories.txt").read_text(encoding="utf-8")
        return {Path(folder).stem for folder in folders.splitlines()}

    def case_problem(self, line: str) -> str:
        """Empty, or what is wrong with a case line. Nothing runs: all variants are left out, which
        mlacheck says once it has read the line."""
        without = [word for v in sorted(set(self.variants())) for word in ("--without", v)]
        done = subprocess.run([self.mlacheck, "replay", line, *without], capture_output=True,
                              text=True, timeout=60, check=False)
        read = done.returncode == 2 and "no row left: --without takes away" in done.stderr
        return "" if read else done.stderr.strip() or f"exit code {done.returncode}"


def split(text: str) -> list[list[str]]:
    """The commands of a line, without comments and redirections."""
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in OPERATORS:
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def mlacheck_problems(programs: Programs, words: list[str]) -> list[str]:
    if not words:
        return []
    if words[0].startswith("-") or words[0] == "COMMAND":
        known = programs.options()
    elif words[0] in HIDDEN:
        return []
    elif words[0] not in programs.commands():
        return [f"mlacheck has no command '{words[0]}'"]
    else:
        known = programs.options(words[0])
    found = []
    for word, value in zip(words, [*words[1:], ""], strict=True):
        option = OPTION.match(word)
        if option and option[0] not in known:
            found.append(f"mlacheck {words[0]} has no option {option[0]}")
        if word == "--op" and value not in programs.ops() and not value.startswith("<"):
            found.append(f"--op: there is no op '{value}'")
        if word == "--backend" and value not in ("cpu.w32", "cpu.w64", "cuda", "hip"):
            found.append(f"--backend: there is no backend '{value}'")
    return found


def script_problems(programs: Programs, script: str, words: list[str]) -> list[str]:
    path = programs.source / script
    if not path.is_file():
        return [f"there is no {script}"]
    known = set(OPTION.findall(path.read_text(encoding="utf-8")))
    if script in ("ci/sweep", "ci/soak"):  # They hand on what is not theirs.
        known |= programs.options("sweep")
    return [f"{script} has no option {word}" for word in words
            if (option := OPTION.match(word)) and option[0] not in known]


def cmake_problems(programs: Programs, words: list[str]) -> list[str]:
    found = []
    for word, value in zip(words, [*words[1:], ""], strict=True):
        if word == "--preset" and value not in programs.presets():
            found.append(f"there is no preset '{value}'")
        if word == "--target" and value not in programs.targets():
            found.append(f"there is no target '{value}'")
    return found


def problems(programs: Programs, text: str) -> list[str]:
    """What is wrong with a command line; nothing of it runs."""
    try:
        commands = split(text)
    except ValueError as error:
        return [f"no command line: {error}"]
    found = []
    for command in commands:
        words = command
        while words and ASSIGNMENT.match(words[0]):
            words = words[1:]
        if words[:1] == ["compute-sanitizer"]:  # It runs the program behind its own options.
            words = words[words.index("mlacheck"):] if "mlacheck" in words else words
        if not words:
            found.append("no command")
            continue
        name, rest = words[0], words[1:]
        built = BUILT.fullmatch(name)
        # A virtual environment with the wheel in it: ci/wheel has the same commands.
        if command in (["python3", "-m", "venv", "venv"], ["venv/bin/pip", "install", ".[numpy]"]):
            continue
        if name in ("P/bin/mlacheck", "venv/bin/mlacheck") or (built and built[1] == "mlacheck"):
            found += mlacheck_problems(programs, rest)
        elif built:
            if not (programs.build / built[1]).is_file():
                found.append(f"{name} is not built")
            known = set(OPTION.findall(programs.ask(str(programs.build / built[1]), "--help")))
            found += [f"{name} has no option {word}" for word in rest
                      if (option := OPTION.match(word)) and option[0] not in known]
        elif name.startswith("ci/"):
            found += script_problems(programs, name, rest)
        elif name == "python3" and rest:
            found += script_problems(programs, rest[0], rest[1:])
        elif name in ("cmake", "ctest"):
            found += cmake_problems(programs, rest)
        else:
            found.append(f"'{name}' is no program of the project")
    return found


def page_problems(programs: Programs, page: Page) -> list[str]:
    """Command lines that do not parse, commands that no test would find, and bad case lines."""
    def at(line: int, texts: list[str]) -> list[str]:
        return [f"{page.path}:{line}: {text}" for text in texts]

    found = []
    for block in page.blocks:
        for command in block.commands:
            found += at(command.line, problems(programs, command.text))
    for line, text in page.other_code:
        if LOOKS_LIKE_ONE.match(text.strip()):
            found += at(line, ["a command outside a ```console block"])
    prose = "\n".join(text for _, text in page.prose)
    for span in INLINE.finditer(prose):
        line = page.prose[prose.count("\n", 0, span.start())][0]
        text = " ".join(span[1].split())
        if LOOKS_LIKE_ONE.match(text) and " " in text:
            found += at(line, problems(programs, text))
    return found + case_problems(programs, page)


def case_problems(programs: Programs, page: Page) -> list[str]:
    """Every `op(field=value,...)` of the page is a case, wherever it stands."""
    text = "\n".join(page.lines)
    pattern = re.compile(rf"\b(?:{'|'.join(programs.ops())})\((?:[^()`|']*=[^()`|']*)?\)")
    found = []
    for match in pattern.finditer(text):
        problem = programs.case_problem(re.sub(r"\s+", "", match[0]))
        if problem:
            found.append(f"{page.path}:{text.count(chr(10), 0, match.start()) + 1}: {problem}")
    return found
