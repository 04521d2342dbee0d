"""Bad numbers, misspelt words and selections of nothing: exit code 2 and one line that helps."""

import os
import subprocess

from program import Program, ProgramTest, main, run

SEED = "from 0 to 18446744073709551615"
# Option, the range as the message has it.
WHOLE = (("sweep", "--cases", "whole number from 0 to 1000000000000"),
         ("sweep", "--seed", f"whole number {SEED}"),
         ("sweep", "--jobs", "whole number from 1 to 256"),
         ("launch", "--cases", "whole number from 0 to 1000000000000"),
         ("launch", "--seed", f"whole number {SEED}"),
         ("mutants", "--cases", "whole number from 1 to 1000000000000"),
         ("mutants", "--seed", f"whole number {SEED}"),
         ("mutants", "--jobs", "whole number from 1 to 256"))
REAL = (("sweep", "--seconds", "number from 0 to 31536000"),
        ("sweep", "--case-seconds", "number from 0.01 to 86400"),
        ("replay", "--case-seconds", "number from 0.01 to 86400"),
        ("mutants", "--seconds", "number from 0.01 to 31536000"),
        ("mutants", "--shrink-seconds", "number from 0 to 86400"))
NO_NUMBER = ("", "abc", "1x", "nan", "inf", "-inf", "-1", "0x10", "1,000", "1 2", "\x1b[31m",
             "18446744073709551616", "99999999999999999999999999")
NOT_WHOLE = ("1.5", "1e3", "+1")


class Numbers(ProgramTest):
    def test_what_is_no_number_in_the_range_is_named_with_option_and_range(self) -> None:
        for options, texts in ((WHOLE, NO_NUMBER + NOT_WHOLE), (REAL, (*NO_NUMBER, "1e400", "1e-9"))):
            for command, option, expected in options:
                for text in texts:
                    if text == "1e-9" and expected.startswith("number from 0 "):
                        continue  # as good as no time
                    shown = text.replace("\x1b", "\\x1b")
                    for words in ([option, text], [f"{option}={text}"]):
                        said = self.refused(command, *words)
                        self.assertIn(f"{option} '{shown}': expected a {expected}", said)
                        self.assertLess(len(said), 120, said)

    def test_an_empty_value_does_not_take_the_next_word(self) -> None:
        self.assertIn("--cases ''", self.refused("sweep", "--cases=", "--jobs", "1"))

    def test_the_largest_seed_is_a_seed(self) -> None:
        text = self.passed("sweep", "--seed", "18446744073709551615", "--cases", "0", "--op",
                           "decode_expansion", "--backend", "cpu.w32", "--variant", "generic")
        self.assertIn("18446744073709551615", text)


class Words(ProgramTest):
    def test_misspelt_words_are_guessed(self) -> None:
        for arguments, message in (
                (["sweeep"], "command 'sweeep': did you mean 'sweep'? expected one of list sweep"),
                (["sweeep"], "did you mean 'sweep'?"),
                (["sweep", "--secnods", "1"], "option '--secnods' of sweep: did you mean '--seconds'? expected"),
                (["sweep", "--secnods", "1"], "did you mean '--seconds'?"),
                (["sweep", "--opp=mla_decode"], "did you mean '--op'?"),
                (["sweep", "seconds"], "did you mean '--seconds'?"),
                (["--verison"], "did you mean '--version'?"),
                (["replay", "--varaint", "x", "strided_bmm()"], "did you mean '--variant'?"),
                (["sweep", "--op", "mla_decod"], "did you mean 'mla_decode'?"),
                (["list", "--op", "mla_decod"], "did you mean 'mla_decode'?"),
                (["cost", "--op", "mla_decod"], "did you mean 'mla_decode'?"),
                (["launch", "--op", "mla_decod"], "did you mean 'mla_decode'?"),
                (["sweep", "--backend", "cpu.w23"], "did you mean 'cpu.w32'?"),
                (["sweep", "--variant", "vectorised"], "did you mean 'vectorized'?"),
                (["sweep", "--without", "vectorised"], "did you mean 'vectorized'?"),
                (["replay", "strided_bm()"], "did you mean 'strided_bmm'?"),
                (["replay", "strided_bmm(dtpye=f16)"], "field 'dtpye' of op strided_bmm"),
                (["replay", "strided_bmm(dtpye=f16)"], "did you mean 'dtype'?"),
                (["replay", "strided_bmm(dtype=bf61)"], "did you mean 'bf16'?")):
            self.assertIn(message, self.refused(*arguments))

    def test_what_resembles_nothing_is_not_guessed(self) -> None:
        for arguments in (["zzz"], ["sweep", "--zzzzzz"], ["sweep", "--op", "softmax"],
                          ["replay", "strided_bmm(quark=1)"], []):
            said = self.refused(*arguments)
            self.assertNotIn("did you mean", said)
            self.assertIn("expected one of", said)

    def test_options_of_other_commands_or_in_vain_are_refused(self) -> None:
        for arguments, message in (
                (["cost", "merge_states()", "--op", "mla_decode"], "--op 'mla_decode'"),
                (["cost", "--op", "merge_states", "merge_states()"], "--op 'merge_states'"),
                (["replay", "--op", "mla_decode", "mla_decode()"], "option '--op' of replay"),
                (["list", "--seed", "1"], "option '--seed' of list"),
                (["sweep", "--seed", "1", "--seed", "2"], "--seed: given twice"),
                (["sweep", "--json", "a", "--json", "b"], "--json: given twice"),
                (["sweep", "--op", "mla_decode", "--op=mla_decode"],
                 "--op 'mla_decode': given twice"),
                (["sweep", "--without", "a", "--without", "b", "--without", "a"],
                 "--without 'a': given twice"),
                (["sweep", "--subject", "/a.so", "--subject", "/a.so"],
                 "--subject '/a.so': given twice"),
                (["replay", "--mutants", "/a.so", "--mutants", "/a.so", "merge_states()"],
                 "--mutants '/a.so': given twice"),
                (["mutants", "--only", "M1", "--only", "M1"], "--only 'M1': given twice"),
                (["sweep", "--json"], "--json: expected FILE"),
                (["sweep", "--json", "--op", "mla_decode"], "--json: expected FILE after it, found option '--op'"),
                (["sweep", "--op", "--seconds=1"], "--op: expected OP after it, found option '--seconds=1'"),
                (["sweep", "--json", "-h"], "--json: expected FILE after it, found option '-h'"),
                (["study", "discrimination", "more"], "argument 'more': study expects no other after WHAT"),
                (["sweep", "--json", ""], "--json '': expected FILE"),
                (["sweep", "--op="], "--op '': expected OP"),
                (["sweep", "--histogram=1"], "--histogram: expected no value"),
                (["mutants", "--criterion", "all", "--cases", "4"], "--cases"),
                (["mutants", "--criterion", "all", "--backend", "cpu"], "--backend"),
                (["mutants", "--backend", "gpu"], "--backend 'gpu': expected cpu"),
                (["replay"], "CASE is required")):
            self.assertIn(message, self.refused(*arguments))

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        for arguments in (["\x1b[2J"], ["sweep", "--\x1b[2J"], ["sweep", "--op", "\x1b[2J\n"],
                          ["replay", "\x1b[2J"], ["replay", "strided_bmm(T=1\x1b[2J"],
                          ["sweep", "--json", "/\x1b[2J/x"], ["list", "--subject", "/\x07.so"]):
            self.assertIn("\\x", self.refused(*arguments))


class NoRow(ProgramTest):
    def test_a_variant_of_no_op_is_answered_with_those_of_the_chosen_op(self) -> None:
        for arguments in (["sweep", "--op", "decode_expansion", "--variant", "nope"],
                          ["sweep", "--op", "decode_expansion", "--without", "nope"],
                          ["replay", "decode_expansion()", "--variant", "nope"]):
            self.assertIn("variant 'nope': expected one of generic uniform\n", self.refused(*arguments))
        self.assertIn("vectorized", self.refused("sweep", "--variant", "nope"))

    def test_a_selection_of_nothing_names_the_filter_and_the_choices(self) -> None:
        expansion = ["--op", "decode_expansion"]
        reason = "no row left: decode_expansion has no variant 'scalar'; it has generic, uniform"
        for arguments, message in (
                (["sweep", *expansion, "--variant", "scalar"], reason),
                (["launch", *expansion, "--variant", "scalar"], reason),
                (["sweep", *expansion, "--variant", "uniform", "--variant", "scalar"], reason),
                (["cost", *expansion, "--variant", "scalar"], "no variant 'scalar' on cpu.w32"),
                (["replay", "decode_expansion()", "--variant", "scalar"], reason),
                (["cost", "decode_expansion()", "--variant", "scalar"], "it has generic, uniform"),
                (["sweep", *expansion, "--variant", "scalar", "--backend", "cpu.w64"],
                 "no variant 'scalar' on cpu.w64"),
                (["sweep", *expansion, "--without", "uniform", "--without", "generic"],
                 "no row left: --without takes away generic, uniform")):
            self.assertIn(message, self.refused(*arguments))


class Threads(ProgramTest):
    def test_refused_threads_are_named(self) -> None:
        # A stack that no address space has.
        result = subprocess.run(
            ["bash", "-c", 'ulimit -s 900000000000 && exec "$@"', "bash", Program.path, "sweep", "--jobs",
             "2", "--cases", "0", "--op", "decode_expansion", "--backend", "cpu.w32"],
            capture_output=True, text=True, timeout=300, check=False)
        if "cannot modify limit" in result.stderr:
            self.skipTest("the limit of a stack may not be raised here")
        # A sweep may go on with the threads that it has.
        if result.returncode == 0:
            self.assertIn("PASSED", result.stdout)
        else:
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertRegex(result.stdout + result.stderr,
                             "a thread could not be started|cannot create the thread")


class Version(ProgramTest):
    def test_version_says_what_was_built(self) -> None:
        facts = dict(line.split(maxsplit=1) for line in self.passed("--version").splitlines())
        self.assertRegex(facts["mlacheck"], r"^\d+\.\d+\.\d+$")
        self.assertIn(f"VERSION {facts['mlacheck']} ",
                      (Program.source / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertEqual(set(facts), {"mlacheck", "commit", "compiler", "build", "sanitizer",
                                      "backends"})
        self.assertRegex(facts["compiler"], r"^(GNU|Clang) \d+\.")
        listed = run("list").stdout.split("\n\n")[0].splitlines()
        self.assertEqual(facts["backends"].split(),
                         [line.split(":")[0].strip() for line in listed if line.startswith(("  c", "  h"))])
        head = subprocess.run(["git", "-C", Program.source, "rev-parse", "HEAD"],
                              capture_output=True, text=True, check=False)
        if head.returncode == 0 and (Program.source / ".git").exists():
            commit = facts["commit"].removesuffix("-dirty").rpartition("-g")[2]
            self.assertGreaterEqual(len(commit), 7)
            known = subprocess.run(["git", "-C", Program.source, "cat-file", "-t", commit],
                                   capture_output=True, text=True, check=False)
            self.assertEqual(known.stdout.strip(), "commit", facts["commit"])
        else:
            self.assertEqual(facts["commit"], "unknown")


if __name__ == "__main__":
    os.environ.pop("COLUMNS", None)
    main()
