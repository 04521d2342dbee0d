"""--help and list: they fit 80 columns, and what they say is so."""

import re
import shlex

from program import Program, ProgramTest, main, run

# A value of each kind that stands for one in a help.
VALUES = {"N": "1", "S": "1", "GIB": "1", "OP": "mla_decode", "BACKEND": "cpu.w32",
          "VARIANT": "empty", "FILE": "/dev/null", "LIBRARY": "x.so", "ID": "first-merge",
          "RULE": "all", "PATH": "python3", "CHECK=NUMBER": "K8=1", "TERMS": "align=16", "DIR": ".",
          "COMMAND": "make", "OP=SUBJECT": "merge_states=x.so"}


def commands() -> list[str]:
    section = run("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\w+)", section, re.MULTILINE)


class Help(ProgramTest):
    def test_each_help_fits_and_has_examples_and_exit_codes(self) -> None:
        self.assertGreaterEqual(len(commands()), 6)
        for words in ([], *([command] for command in commands())):
            text = self.passed(*words, "--help")
            self.assert_fits(text, f"{words} --help")
            self.assertIn("Examples:", text)
            self.assertIn("Exit codes:", text)
            self.assertNotRegex(text, "(?i)prove")
            self.assertEqual(text, self.passed(*words, "-h"))

    def test_every_option_in_a_help_is_accepted(self) -> None:
        for command in commands():
            text = self.passed(command, "--help")
            options = re.findall(r"^  (?:-h, )?(--[\w-]+)(?: ([A-Z=]+))?", text, re.MULTILINE)
            self.assertGreaterEqual(len(options), 4, text)
            for option, kind in options:
                words = [option, VALUES[kind]] if kind else [option]
                result = run(command, *words, "--help")
                self.assertEqual(result.returncode, 0, (command, words, result.stderr))
                self.assertEqual(result.stdout, text)
                if kind:
                    self.assertIn("expected", self.refused(command, option))
            self.assertIn("'--bogus'", self.refused(command, "--bogus", "--help"))

    def test_examples_are_commands_that_are_understood(self) -> None:
        tried = 0
        for words in ([], *([command] for command in commands())):
            section = self.passed(*words, "--help").split("Examples:\n")[1].split("\n\n")[0]
            for line in section.splitlines():
                example = re.split(r"\s{3,}", line.strip())[0]
                if not example.startswith("mlacheck ") or "COMMAND" in example:
                    continue
                self.passed(*shlex.split(example)[1:], "--help")
                tried += 1
        self.assertGreater(tried, 15)

    def test_help_of_cases_says_that_required_ones_always_run(self) -> None:
        self.assertIn("required cases of an op always run",
                      " ".join(self.passed("sweep", "--help").split()))

    def test_zero_cases_are_the_required_ones(self) -> None:
        row = ["--op", "decode_expansion", "--backend", "cpu.w32", "--variant", "generic"]
        required = re.search(r"required cases: (\d+)", self.passed("list", "--op", row[1]))
        assert required is not None
        table = self.passed("sweep", *row, "--cases", "0")
        self.assertRegex(table, rf"generic +{required[1]} ")


class Cost(ProgramTest):
    def test_its_table_fits_80_columns(self) -> None:
        text = self.passed("cost", "chunked_context(chunks=16,requests=[4:16],H=8,V=8)",
                           "decode_expansion(requests=[4:10,4:7],W=10)")
        self.assertIn("swapped", text)
        self.assert_fits(text, "cost")


class List(ProgramTest):
    def ops(self) -> list[str]:
        return [section.splitlines()[0] for section in self.passed("list").split("\n\n")[1:]]

    def test_it_names_the_ops_that_have_a_folder(self) -> None:
        folders = [path.name for path in (Program.source / "kernels").iterdir()
                   if path.is_dir() and path.name != "common"]
        self.assertGreater(len(folders), 0)
        self.assertEqual(sorted(self.ops()), sorted(folders))

    def test_it_fits_80_columns(self) -> None:
        text = self.passed("list")
        self.assert_fits(text, "list")
        self.assertIn("cpu.w32", text)
        self.assertIn("bit-equal to copy", text)

    def test_an_op_can_be_chosen_and_its_required_cases_listed(self) -> None:
        for op in self.ops():
            section = self.passed("list", "--op", op).split("\n\n")
            self.assertEqual(len(section), 2)
            variants, fields = section[1].index("  variants"), section[1].index("  fields")
            self.assertLess(variants, fields)
            count = re.search(r"^  required cases: (\d+)", section[1], re.MULTILINE)
            assert count is not None
            lines = [line for line in self.passed("list", "--op", op, "--required").splitlines()
                     if line.startswith(f"    {op}(")]
            self.assertEqual(len(lines), int(count[1]))
        both = self.passed("list", "--op", "mla_decode", "--op", "merge_states")
        self.assertEqual(len(both.split("\n\n")), 3)

    def test_each_field_says_what_it_means_and_what_it_may_be(self) -> None:
        for op in self.ops():
            told = self.passed("list", "--op", op).partition("  fields of a case")[2]
            fields, _, preconditions = told.partition("  preconditions")
            self.assertIn("    finite_dead_values", preconditions)
            lines = re.findall(r"^    \S.*$", fields, re.MULTILINE)
            self.assertGreater(len(lines), 5)
            for line in lines:
                self.assertRegex(line, r"^    [\w.]+ +\S.*: ")
        self.assertRegex(self.passed("list", "--op", "mla_decode"),
                         r"(?m)^    page +tokens of a page: 1 \(1 to 128\)$")


if __name__ == "__main__":
    main()
