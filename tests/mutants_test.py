"""Mutants from the outside: what a sweep of one prints, and that its replay fails again.

    python3 tests/mutants_test.py build/cpu/mlacheck build/cpu/mlacheck_mutants.so
"""

import re
import shlex
import subprocess
import sys
import unittest

MLACHECK = MUTANTS = ""


def run(*arguments):
    return subprocess.run([MLACHECK, *arguments], capture_output=True, text=True, timeout=300,
                          check=False)


def sweep(op, variant):
    return run("sweep", "--mutants", MUTANTS, "--op", op, "--variant", variant, "--cases", "300",
               "--seed", "1", "--jobs", "1")


def replay(report):
    """Runs the command that a report ends with, as it is printed."""
    printed = re.search(r"replay  mlacheck ((?:.*\\\n)*.*)", report).group(1)
    return run(*shlex.split(printed.replace("\\\n", " ")))


class Replay(unittest.TestCase):
    def test_history_is_found_and_replayed(self):
        found = sweep("decode_expansion", "first-merge")
        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        self.assertIn("case    decode_expansion(seqs=[0]", found.stdout)
        again = replay(found.stdout)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("expanded_block_table: 12 bytes changed that the contract protects",
                      again.stdout)

    def test_what_is_kept_between_calls_is_replayed_with_the_case_that_left_it(self):
        found = sweep("decode_expansion", "BC-157")
        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        self.assertIn("it passes in a fresh process", found.stdout)
        again = replay(found.stdout)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertEqual(again.stdout.count("PASSED"), 1, again.stdout)
        self.assertEqual(again.stdout.count("FAILED"), 1, again.stdout)

    def test_a_misspelt_mutant_is_guessed(self):
        for more in ([], ["--criterion", "all"]):
            refused = run("mutants", "--library", MUTANTS, "--only", "BC-35", *more)
            self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
            self.assertIn("mutant 'BC-35': expected one of", refused.stderr)
            self.assertIn("did you mean 'BC-035'?", refused.stderr)
            self.assertEqual(refused.stdout, "")


if __name__ == "__main__":
    MLACHECK, MUTANTS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
