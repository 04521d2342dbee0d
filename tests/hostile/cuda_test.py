"""Subjects on a GPU that read past an end, write wildly or never end: each must get its verdict, and
the sweep must go on. Exits with 77 where there is no GPU.

    python3 tests/hostile/cuda_test.py build/cuda/mlacheck build/cuda/hostile/hostile_cuda.so
"""

import subprocess
import sys
import unittest

MLACHECK = LIBRARY = ""


def sweep(variant, *more):
    return subprocess.run(
        [MLACHECK, "sweep", "--subject", LIBRARY, "--op", "merge_states", "--backend", "cuda",
         "--variant", variant, "--cases", "60", "--seed", "1", *more],
        capture_output=True, text=True, timeout=300, check=False)


class HostileOnGpu(unittest.TestCase):
    def ends(self, done, code, *texts):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, done.stdout)

    def test_a_right_one_passes(self):
        self.ends(sweep("right"), 0, "PASSED")

    def test_one_element_past_the_end_faults_on_the_device(self):
        self.ends(sweep("over_read", "--no-shrink"), 1, "at a protected page", "replay")

    def test_a_wild_write_costs_a_worker_and_not_the_sweep(self):
        self.ends(sweep("wild_write", "--no-shrink"), 1, "replay")

    def test_a_kernel_that_never_ends_times_out(self):
        self.ends(sweep("spin", "--case-seconds", "4", "--no-shrink"), 1, "TIMED_OUT")

    def test_what_a_closed_subject_launches_is_counted(self):
        self.ends(sweep("silent"), 0, "PASSED")
        done = subprocess.run([MLACHECK, "cost", "--subject", LIBRARY, "--backend", "cuda", "--variant=silent",
                               "merge_states(T=64,H=4,V=32,has_lse_out=1)"],
                              capture_output=True, text=True, timeout=300, check=False)
        self.ends(done, 0, "held against what the driver saw")
        row = next(line for line in done.stdout.splitlines() if line.startswith("silent"))
        self.assertEqual(row.split()[3], "1", row)

    def test_work_that_a_subject_hides_is_seen_by_the_driver(self):
        for variant, text in (("hidden_launch", "launches: the driver saw 2, the subject recorded 1"),
                              ("hidden_wait", "synchronizations: the driver saw 1"),
                              ("hidden_allocation", "allocations: 1 of device memory")):
            with self.subTest(variant):
                self.ends(sweep(variant, "--no-shrink"), 1, text)

    def test_the_next_sweep_is_none_the_worse(self):
        sweep("wild_write", "--no-shrink")
        self.ends(sweep("right"), 0, "PASSED")


if __name__ == "__main__":
    MLACHECK, LIBRARY = sys.argv[1:3]
    listing = subprocess.run([MLACHECK, "list"], capture_output=True, text=True, check=False).stdout
    if "cuda: SKIPPED" in listing or "cuda" not in listing:
        print("skipped: no GPU here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
