"""Subjects that claim a part of the contract: no case and no run outside, and reports say so.

    python3 tests/hostile/domain_test.py build/cpu/mlacheck build/cpu/hostile
"""

import re
import tempfile

from support import Hostile, Row, main, unwrapped

CASES = ("--cases", "100", "--jobs", "1")


class Domain(Hostile):
    def row(self, variant: str, *arguments: str) -> tuple[str, Row]:
        done, rows = self.sweep("hostile_domain", "--variant", variant, *CASES, *arguments)
        self.assertNotIn("MISTRUSTED", done.stdout)
        return unwrapped(done.stdout), rows[variant]

    def test_a_kernel_passes_within_its_domain_and_fails_without_it(self) -> None:
        for variant, checks in {"dense": {"K2", "K3"}, "aligned": {"K16"},
                                "finite": {"K3", "K4"}}.items():
            with self.subTest(variant=variant):
                printed, row = self.row(variant)
                self.assertEqual(row["verdict"], "PASSED", printed)
                self.assertEqual(row["counts"].get("SKIPPED", 0), 0, "the domain keeps such cases away")
                self.assertIn("domain: dtype=f32 ", printed)
                _, undeclared = self.row(f"{variant}_undeclared", "--max-failures", "2")
                self.assertEqual(undeclared["verdict"], "FAILED")
                found = {name for name, count in undeclared["checks"].items() if count["failed"]}
                self.assertTrue(found & checks, found)

    def test_no_run_outside_reaches_the_subject(self) -> None:
        # It declines whatever is not dense: a decline would be counted.
        printed, row = self.row("declines")
        self.assertEqual(row["verdict"], "PASSED")
        self.assertEqual(row["counts"].get("SKIPPED", 0), 0, printed)
        self.assertNotIn("not dense", printed)
        for check in ["K2", "K4", "K6", "K8"]:
            self.assertGreater(row["checks"][check]["cases"], 15, check)

    def test_staged_copies_carry_a_dense_kernel_through_all_layouts(self) -> None:
        printed, row = self.row("staged")
        self.assertEqual(row["verdict"], "PASSED", printed)
        self.assertEqual(row["counts"].get("SKIPPED", 0), 0, printed)
        _, lost = self.row("staged_and_lost")
        self.assertEqual(lost["verdict"], "FAILED", "what is not written back is missed")

    def test_where_adds_to_the_domain(self) -> None:
        printed, row = self.row("declines", "--where", "V=64,128 T<=3")
        self.assertEqual(row["domain"], "dtype=f32 layout=dense V=64,128 T<=3")
        self.assertIn("domain: dtype=f32 layout=dense V=64,128 T<=3", printed)

    def test_a_failure_replays_within_its_domain(self) -> None:
        done, rows = self.sweep("hostile_domain", "--variant", "dense_undeclared", *CASES,
                                "--where", "V=64,128", "--max-failures", "1")
        failure = rows["dense_undeclared"]["failures"][0]
        self.assertRegex(failure["case"], r"\bV=(64|128)\b")
        self.assertIn("--where V=64,128", done.stdout)
        command = re.search(r"replay +mlacheck (.*?)\n\n", done.stdout + "\n\n", re.DOTALL)
        assert command is not None
        self.assertEqual(self.replay("hostile_domain", "dense_undeclared", failure["case"],
                                     "--where", "V=64,128").returncode, 1)
        outside = self.replay("hostile_domain", "dense_undeclared",
                              "merge_states(V=3)", "--where", "V=64,128")
        self.assertEqual(outside.returncode, 77, outside.stdout)
        self.assertIn("outside the domain: V=64,128: V is 3", " ".join(outside.stdout.split()))

    def test_known_findings_fail_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/known.txt"
            done, _ = self.sweep("hostile_domain", "--variant", "finite_undeclared", *CASES,
                                 "--max-failures", "0", "--write-known", file)
            self.assertEqual(done.returncode, 1)
            with open(file, "a", encoding="utf-8") as known:
                known.write("merge_states finite_undeclared K9 out value  # never seen\n")
            done, rows = self.sweep("hostile_domain", "--variant", "finite_undeclared", *CASES,
                                    "--known", file)
            self.assertEqual(rows["finite_undeclared"]["verdict"], "PASSED", done.stdout)
            self.assertGreater(sum(rows["finite_undeclared"]["known"].values()), 10)
            self.assertRegex(unwrapped(done.stdout), r"known, in \d+ cases: K\d out")
            self.assertIn("not found any more: merge_states finite_undeclared K9 out value",
                          done.stdout)
            # Another defect is still one.
            done, _ = self.sweep("hostile_domain", "--variant", "dense_undeclared", *CASES,
                                 "--max-failures", "1", "--known", file)
            self.assertEqual(done.returncode, 1)
            self.assertIn("expected a file of known findings",
                          self.refused("sweep", "--known", folder))

    def test_a_domain_that_makes_no_sense_is_refused(self) -> None:
        said = self.refused("sweep", "--subject", self.library("bad_plugin_24"))
        self.assertIn("variant 'mine' of op merge_states: domain term 'D=64': op merge_states has no "
                      "field 'D'", said)
        said = self.refused("sweep", "--op", "merge_states", "--where", "layout=tight")
        self.assertIn("--where: domain term 'layout=tight'", said)

    def test_version_1_is_still_loaded(self) -> None:
        done, rows = self.sweep("hostile_version_1", "--cases", "60", "--jobs", "1")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual({name: row["verdict"] for name, row in rows.items()},
                         {"first": "PASSED", "second": "PASSED"})


if __name__ == "__main__":
    main()
