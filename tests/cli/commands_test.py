"""The mlacheck program from the outside: exit codes, messages, reports, replay.

    python3 tests/cli/commands_test.py build/cpu/mlacheck .
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = ""


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=600,
                          check=False)


class CommandLine(unittest.TestCase):
    def test_bad_usage_exits_with_2_and_says_what_was_expected(self):
        for arguments, message in (
                ([], ""),
                (["sweep", "--op", "nope"], "op 'nope': expected one of"),
                (["study", "discrimination", "--op", "nope"], "op 'nope': expected one of"),
                (["study", "luck"], "study 'luck': expected discrimination"),
                (["sweep", "--backend", "cpu"], "backend 'cpu': expected one of"),
                (["sweep", "--variant", "fast"], "variant 'fast': expected one of"),
                (["sweep", "--seconds", "-1"], "seconds"),
                (["sweep", "--json", "/nonexistent/x", "--cases", "1"], "can be written"),
                (["replay", "nope()"], "op 'nope': expected one of"),
                (["replay", "strided_bmm(T=x)"], "field T: 'x', expected a number"),
                (["replay", "strided_bmm(T=2"], "expected ',' or ')'")):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr + result.stdout, arguments)

    def test_mutants_of_a_gpu_are_skipped_where_there_is_none(self):
        listed = run("list").stdout
        result = run("mutants", "--backend", "cuda", "--only", "nope")
        if "cuda: SKIPPED" in listed:
            reason = listed.split("cuda: SKIPPED, ")[1].split("\n")[0]
            self.assertEqual(result.returncode, 77, result.stdout + result.stderr)
            self.assertIn("cuda: SKIPPED, " + reason, " ".join(result.stdout.split()))
        else:  # no such backend, or no such mutant
            self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
            self.assertIn("expected", result.stderr)
            self.assertEqual(result.stdout, "")

    def test_study_tells_null_answers_from_right_ones(self):
        result = run("study", "discrimination", "--op", "flatten_quant", "--cases", "10")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("flatten_quant    scales", result.stdout)
        self.assertIn(" 0 with a null answer that values never refuse, 0 that show nothing",
                      result.stdout)

    def test_cost_counts_what_contracts_say(self):
        result = run("cost", "chunked_context(chunks=16,requests=[2:16],H=4,V=8,dtype=bf16)",
                     "strided_bmm(T=3,H=2,latent=8,V=4)")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        rows = {line.split()[0]: line.split()[2:] for line in result.stdout.splitlines()
                if " cpu.w32 " in line}
        pair = 2 * 4 * (8 * 2 + 4)
        self.assertEqual(rows["fresh"][:5], ["yes", "16", "30", str(15 * pair), str(2 * pair)])
        self.assertEqual(rows["swapped"][:5], ["yes", "16", "2", str(pair), str(pair)])
        self.assertEqual(rows["strided"], ["yes", "1", "0", "0", "0", "0", "0", "0"])
        alone = run("cost", "--variant", "swapped", "chunked_context(chunks=2)")
        self.assertEqual(alone.returncode, 0, alone.stdout + alone.stderr)
        self.assertNotIn("fresh", alone.stdout)
        layer = run("cost", "--layer")
        self.assertEqual(layer.returncode, 0, layer.stdout + layer.stderr)
        self.assertEqual(len(re.findall(r"^one of each +(?:baseline|optimised) ", layer.stdout, re.MULTILINE)), 8)
        for arguments, message in ((["--layer", "--op", "mla_decode"],
                                    "--op 'mla_decode': expected nothing beside --layer"),
                                   (["--layer", "merge_states()"], "expected nothing beside --layer"),
                                   (["--op", "nope"], "op 'nope': expected one of"),
                                   (["nope()"], "op 'nope': expected one of")):
            result = run("cost", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr + result.stdout)

    def test_sweep_passes_reports_and_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            result = run("sweep", "--op", "decode_expansion", "--cases", "60", "--seed", "7",
                         "--backend", "cpu.w32", "--json", str(report))
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            data = json.loads(report.read_text(encoding="utf-8"))
        self.assertEqual(data["verdict"], "PASSED")
        self.assertEqual(data["seed"], 7)
        self.assertEqual({row["variant"] for row in data["rows"]}, {"generic", "uniform"})
        for row in data["rows"]:
            self.assertGreaterEqual(sum(row["counts"].values()), 60)
            self.assertGreater(row["checks"]["K3"]["cases"], 20)
        self.assertIn("PASSED", result.stdout)
        self.assertTrue(all(len(line) <= 80 for line in result.stdout.splitlines()),
                        "the table fits 80 columns")

    def test_equal_seeds_give_equal_sweeps(self):
        first, second = (run("sweep", "--op", "merge_states", "--cases", "40", "--seed", "11",
                             "--backend", "cpu.w64", "--jobs", "1") for _ in range(2))

        def without_times(text):
            return [line for line in text.splitlines() if not line.startswith("seed ")]
        self.assertEqual(without_times(first.stdout), without_times(second.stdout))

    def test_replay_runs_every_variant_of_the_case(self):
        result = run("replay", "strided_bmm()", "--backend", "cpu.w32")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("variant copy on cpu.w32", result.stdout)
        self.assertIn("variant strided on cpu.w32", result.stdout)

    def test_replay_runs_several_cases_of_one_op_in_order(self):
        result = run("replay", "strided_bmm()", "strided_bmm(T=2)", "--backend", "cpu.w32",
                     "--variant", "strided")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stdout.count("PASSED"), 2)
        result = run("replay", "strided_bmm()", "merge_states()")
        self.assertEqual(result.returncode, 2)
        self.assertIn("'merge_states()': expected one of strided_bmm", result.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: commands_test.py PROGRAM SOURCE_FOLDER [unittest options]")
    PROGRAM = sys.argv.pop(1)
    sys.argv.pop(1)
    unittest.main()
