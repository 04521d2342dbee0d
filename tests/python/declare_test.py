"""Declarations and imports that make no sense: one line, exit code 2, and never a pass.

    python3 tests/python/declare_test.py build/cpu/mlacheck PYTHON
"""

import os
import stat
import subprocess
import tempfile
from pathlib import Path

from support import PACKAGE, PLAIN, SUBJECTS, PythonSubjects, main

HEAD = "import mlacheck\n"
GOOD = HEAD + '@mlacheck.subject("merge_states")\ndef mine(out):\n    pass\n'

# The arguments of a declaration, and what the line says of them.
WRONG = {
    '"merge_stats"': "op 'merge_stats': expected one of strided_bmm merge_states ",
    '"merge_states", backend="gpu"': "backend 'gpu': expected one of 'cpu' 'cuda'",
    '"merge_states", framework="tf"': "framework 'tf': expected one of 'numpy' 'torch' 'cupy' 'jax'",
    '"merge_states", framework="cupy"': "framework 'cupy': expected one of 'numpy' 'torch' 'jax' on backend 'cpu'",
    '"merge_states", agreement="exact"': "agreement 'exact': expected one of 'bitwise' 'within_bound'",
    '"merge_states", numerics="fast"': "numerics 'fast': expected one of ieee ",
    '"merge_states", numerics=mlacheck.numerics(accumulator_digits=99)':
        "accumulator_digits 99: expected a whole number from 2 to 53",
    '"merge_states", conventions=mlacheck.conventions(lse_base=10)': "lse_base 10: expected one of 'e' 2",
    '"merge_states", numerics=mlacheck.numerics(operand_digits=2)':
        "operand_digits 2: expected a whole number from 8 to 53",
    '"merge_states", numerics=mlacheck.numerics(product_digits=4)':
        "product_digits 4: expected a whole number from 8 to 53, or 'element'",
    '"merge_states", numerics=mlacheck.numerics(scale_error_ulps=2)':
        "scale_error_ulps 2: expected 0, where scale_rule is not 'within_ulps'",
    '"merge_states", conventions={}': "conventions {}: expected mlacheck.conventions(...)",
    '"merge_states", domain=mlacheck.domain(align=3)':
        "align 3: expected one of 1 2 4 8 16 32 64 128 256; at mine.py:2",
    '"merge_states", domain="Q=1"': "domain term 'Q=1': op merge_states has no field 'Q'",
    '"merge_states", domain="V=4\\n  Q=1"': "domain term 'Q=1': op merge_states has no field 'Q'",
    '"merge_states", domain="V=3 V=4"': "domain term 'V=4': beside 'V=3' it leaves no value of V",
    '"merge_states", domain="has_lse_out=1"':
        "domain term 'has_lse_out=0': beside 'has_lse_out=1' it leaves no value of has_lse_out",
    '"merge_states", domain=mlacheck.domain(layout="dense", where="out.layout=free")':
        "domain term 'out.layout=free': says nothing beside 'layout=dense'",
    '"merge_states", tiles={"V": 0}': "tiles['V'] 0: expected a whole number from 1",
    '"merge_states", tiles={"Q": 3}': "'Q'",
    '"merge_states", unavailable="never"': "unavailable 'never': expected a function",
    '"merge_states", variant=""': "variant '': expected a name",
    '"merge_states", variant="a\\0b"': "variant 'a\\x00b': expected a name",
    '"merge_states", domain="V=4\\0 T=1"': "domain 'V=4\\x00 T=1': expected terms",
    'lambda: 1': "op '<lambda>' at mine.py:2: expected the name of an op",
    '"merge_states", variant="scalar"': "the name is taken by a bundled variant",
    '"merge_states", baseline="none"':
        "baseline 'none' does not exist on cpu.w32: expected one of scalar vectorized",
    '"merge_states", basline="scalar"':
        "argument 'basline' of subject(), value 'scalar': did you mean 'baseline'? expected one of op ",
    '"merge_states", numerics=mlacheck.numerics(exp_ulps=2)':
        "argument 'exp_ulps' of numerics(), value 2: did you mean 'exp_error_ulps'? expected one of ",
    '"merge_states", conventions=mlacheck.conventions(base=2)':
        "argument 'base' of conventions(), value 2: did you mean 'lse_base'? expected one of ",
    '"merge_states", domain=mlacheck.domain("V=4")':
        "domain() takes its arguments by name, not 'V=4': expected layout= align= where=",
    '"merge_states", "mine"': "subject() takes op alone without a name, not 'mine': expected variant= backend= ",
    'variant="mine"': "subject() lacks its argument 'op', expected op",
    '"merge_states", contract="none"': "contract 'none' of variant 'mine' of op merge_states: expected one of",
}

# The text of a file, and what the line says of it.
FILES = {
    "import mlacheck\nmlacheck.conventions(lse_base=3)": "lse_base 3: expected one of 'e' 2; at mine.py:2",
    "": "declares no subject, expected a function under @mlacheck.subject(...)",
    "import no_such_module": "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'; at mine.py:1",
    "def f(:": "cannot be imported: SyntaxError: ",
    "raise SystemExit(0)": "the process that loaded it exited with status 0 during: importing mine.py",
    "print('not read'); raise SystemExit('no compiler here')":
        "the process that loaded it exited with status 1 during: importing mine.py; its last words: no compiler here",
    "import os\nos.abort()": "the process that loaded it was killed by SIGABRT during: importing mine.py",
    "while True: pass": "did not come back within 2 s (--load-seconds) during: importing mine.py",
    GOOD + GOOD.removeprefix(HEAD):
        "variant 'mine' of op merge_states on cpu is declared twice, at mine.py:2 and mine.py:5: expected one",
    GOOD.replace("(out)", "(out, prefix_ot)"):
        "parameter 'prefix_ot' is nothing that a call of merge_states holds, expected one of lse_out out ",
    GOOD.replace("(out)", "(out, /)"): "parameter 'out': expected one that is passed by name",
    GOOD.replace('("merge_states")', ""): "op 'mine' at mine.py:2: expected the name of an op",
    GOOD.replace("def mine", "async def mine"): "mine: expected a function that returns when it is done",
    "import torch, jax\n" + GOOD: "framework None: the module imports torch and jax",
    'import jax\n' + GOOD: "parameter 'out' is an output, which jax cannot write",
}


class Declare(PythonSubjects):
    def refused_text(self, text: str, *arguments: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_text(text, encoding="utf-8")
            for name in ("torch", "jax"):
                if f"import {name}" in text or f", {name}" in text:
                    (Path(folder) / f"{name}.py").touch()
            line = self.refused("replay", "--python", self.python, "--subject", str(path), *arguments, PLAIN)
            self.assertTrue(line.startswith(f"mlacheck: --subject '{path}': "), line)
            return line

    def test_a_wrong_declaration_is_named(self) -> None:
        for arguments, told in WRONG.items():
            with self.subTest(arguments=arguments):
                line = self.refused_text(GOOD.replace('"merge_states"', arguments))
                self.assertIn(told, line)

    def test_a_python_error_names_subject_and_place(self) -> None:
        line = self.refused_text(GOOD.replace('"merge_states"', '"merge_states", backend="gpu"'))
        self.assertIn("subject 'mine' at mine.py:2: backend 'gpu'", line)

    def test_what_does_not_import(self) -> None:
        for text, told in FILES.items():
            with self.subTest(text=text):
                self.assertIn(told, self.refused_text(text, "--load-seconds", "2"))

    def test_paths(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path, told in ((f"{folder}/none.py", "no such file, expected a Python file"),
                               ("no_package.no_module", "ModuleNotFoundError: No module named 'no_package'"),
                               (folder, "is a directory, expected a shared library"),
                               ("none.so", "cannot be loaded: No such file")):
                line = self.refused("list", "--python", self.python, "--subject", path)
                self.assertIn(f"--subject '{path}': ", line)
                self.assertIn(told, line)

    def test_arrays_as_arguments(self) -> None:
        array = "__import__('numpy').ones((2, 3))"
        for argument, value in (("backend", array), ("framework", array), ("agreement", array), ("variant", array),
                                ("domain", array), ("numerics", array), ("conventions", array), ("tiles", array),
                                ("align", f"mlacheck.domain(align={array})"),
                                ("where", f"mlacheck.domain(where={array})"),
                                ("lse_base", f"mlacheck.conventions(lse_base={array})"),
                                ("operand_digits", f"mlacheck.numerics(operand_digits={array})"),
                                ("exp_error_ulps", f"mlacheck.numerics(exp_error_ulps={array})")):
            with self.subTest(argument=argument):
                name = argument if value == array else "domain"
                line = self.refused_text(GOOD.replace('"merge_states"', f'"merge_states", {name}={value}'))
                self.assertIn(f"{argument} of type numpy.ndarray, shape (2, 3): expected ", line)

    def test_an_array_is_a_type_error(self) -> None:
        script = ("import mlacheck, numpy\ntry:\n    mlacheck.subject('merge_states', backend=numpy.ones(3))(len)\n"
                  "except TypeError as error:\n    print(isinstance(error, mlacheck.DeclarationError))")
        done = subprocess.run([self.python, "-c", script], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(PACKAGE)})
        self.assertEqual(done.stdout, "True\n", done.stderr)

    def test_a_package_is_named_as_python_imports_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "things" / "mine"
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            (package / "one.py").write_text("from .two import THREE\n" + GOOD, encoding="utf-8")
            (package / "two.py").write_text("THREE = 3\n", encoding="utf-8")
            above = str(Path(folder, "things").resolve())
            for path, told in ((package / "one.py", f"expected --subject mine.one, with {above} on PYTHONPATH"),
                               (package, f"expected --subject mine.MODULE, with {above} on PYTHONPATH"),
                               (package.parent, "such as mine.MODULE for mine/MODULE.py")):
                line = self.refused("list", "--python", self.python, "--subject", str(path))
                self.assertIn(told, line)
            done = self.run_program("list", "--op", "merge_states", "--python", self.python, "--subject",
                                    "mine.one", cwd=package.parent)
            self.assertIn("mine on cpu.w32", done.stdout, done.stderr)

    def test_a_package_whose_subjects_lie_deeper(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            inner = Path(folder) / "mine" / "deeper"
            inner.mkdir(parents=True)
            for place in (inner, inner.parent):
                (place / "__init__.py").touch()
            (inner / "one.py").write_text(GOOD, encoding="utf-8")
            line = self.refused("list", "--python", self.python, "--subject", "mine", cwd=folder)
            self.assertIn("declares no subject in the files of the folder; expected --subject mine.MODULE", line)

    def test_two_files_with_one_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one", "two"):
                (Path(folder) / f"{name}.py").write_text(GOOD, encoding="utf-8")
            line = self.refused("list", "--python", self.python, "--subject", folder)
            self.assertIn("is declared twice, at one.py:2 and two.py:2", line)

    def test_a_domain_without_cases_names_the_term(self) -> None:
        for where, told in (("layout=dense out.gap>=3 T>=2 H>=2 V>=2",
                             "domain term 'V>=2': no case could be drawn that meets it and "
                             "'layout=dense out.gap>=3 T>=2 H>=2'"),):
            line = self.refused("sweep", "--op", "merge_states", "--variant", "scalar", "--backend", "cpu.w32",
                                "--cases", "10", "--where", where)
            self.assertIn(told, line)

    def test_a_folder_and_a_module(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "mine"
            package.mkdir()
            for name in ("one", "two"):
                (package / f"{name}.py").write_text(GOOD.replace("mine(", f"{name}("), encoding="utf-8")
            (package / "_helper.py").write_text("raise AssertionError", encoding="utf-8")
            for words, known in (((str(package),), ("one on cpu.w32", "two on cpu.w32")),
                                 (("mine.two",), ("two on cpu.w32",))):
                done = self.run_program("list", "--op", "merge_states", "--python", self.python, "--subject",
                                        *words, cwd=folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                for name in known:
                    self.assertIn(name, done.stdout)

    def test_files_that_import_each_other_keep_their_subjects(self) -> None:
        files = [str(SUBJECTS / name) for name in ("good.py", "unwritten.py")]
        for first, second in (files, files[::-1]):
            done = self.run_program("list", "--op", "merge_states", "--python", self.python,
                                    "--subject", first, "--subject", second)
            self.assertEqual(done.returncode, 0, done.stderr)
            for name in ("with_scratch", "forgets_one"):
                self.assertEqual(done.stdout.count(f"\n    {name} on cpu.w32"), 1, done.stdout)

    def test_the_interpreter(self) -> None:
        path = str(SUBJECTS / "good.py")
        line = self.refused("list", "--python", "no-such-python", "--subject", path)
        self.assertIn("--python 'no-such-python': expected a Python interpreter", line)
        line = self.refused("list", "--subject", path, env={**os.environ, "VIRTUAL_ENV": "/nowhere"})
        self.assertIn("VIRTUAL_ENV '/nowhere': has no bin/python", line)
        with tempfile.TemporaryDirectory() as folder:
            bare = Path(folder) / "python"
            bare.write_text(f'#!/bin/sh\nexec {self.python} -I -S "$@"\n', encoding="utf-8")
            bare.chmod(bare.stat().st_mode | stat.S_IXUSR)
            line = self.refused("list", "--python", str(bare), "--subject", path)
            self.assertIn("ModuleNotFoundError: No module named 'numpy'", line)
            self.assertIn("; by Python 3.", line)

    def test_what_python_subjects_do_not_do(self) -> None:
        path = str(SUBJECTS / "good.py")
        line = self.refused("sweep", "--python", self.python, "--subject", path, "--in-process")
        self.assertIn("is Python, which runs in workers, expected no --in-process", line)


if __name__ == "__main__":
    main()
