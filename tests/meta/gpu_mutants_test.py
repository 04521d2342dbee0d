"""ci/gpu-mutants with stand-ins for the program and for compute-sanitizer: what it makes of their answers."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "ci/gpu-mutants"
# Lists its mutants; else answers for those that are named, under a daemon as "first" does.
PROGRAM = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv
answer = json.load(open('{folder}/answer.json'))
if '--list' in words:
    for result in answer['mutants'] + answer['others']:
        kind = result.get('tool') or 'left out' if 'tool' in result else ' '.join(result['expected']) or 'control'
        print(result['id'], result['op'], kind)
    sys.exit(0)
names = [words[i + 1] for i, word in enumerate(words) if word == '--only']
shared = 'CUDA_MPS_PIPE_DIRECTORY' in os.environ
answer['mutants'] = [dict(result, **(result.get('first') or {{}}) if shared else result)
                     for result in answer['mutants'] if result['id'] in names]
json.dump(answer, open(words[words.index('--json') + 1], 'w'))
open('{folder}/asked', 'a').write(('shared' if shared else 'alone') + ' ' + ' '.join(names) + chr(10))
print('{said}')
sys.exit({code})
"""
DAEMON = "#!/bin/sh\nexit {code}\n"
# The last words of its command line are: --op OP --variant VARIANT --cases N --seed S.
SANITIZER = """#!/usr/bin/env python3
import json, sys
counts = json.load(open('{folder}/counts.json'))
variant = sys.argv[sys.argv.index('--variant') + 1]
print(counts[variant])
"""


def battery_result(name, **more):
    entry = {"id": name, "op": "merge_states", "variant": "scalar", "expected": ["K1"], "killed": True,
             "main_fired": True, "fired": {"K1": "merge_states()"}, "cases": 3, "seconds": 0.5, "control": False,
             "only_gpu": False, "skipped": "", "error": ""}
    return {**entry, **more}


def other(name, tool="", left_out="", only_gpu=False):
    return {"id": name, "op": "merge_states", "variant": "scalar", "tool": tool, "left_out": left_out,
            "only_gpu": only_gpu}


class GpuMutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "mlacheck_mutants_cuda.so").touch()

    def run_script(self, mutants, others=(), counts=(), code=0, said="", interrupted=False, daemon=1):
        answer = {"seed": 1, "interrupted": interrupted, "mutants": list(mutants), "others": list(others)}
        (self.folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
        (self.folder / "counts.json").write_text(json.dumps(dict(counts)), encoding="utf-8")
        (self.folder / "asked").write_text("", encoding="utf-8")
        for name, text, status in (("mlacheck", PROGRAM, code), ("compute-sanitizer", SANITIZER, 0),
                                   ("nvidia-cuda-mps-control", DAEMON, daemon)):
            path = self.folder / name
            path.write_text(text.format(folder=self.folder, code=status, said=said), encoding="utf-8")
            path.chmod(0o755)
        return subprocess.run(
            [sys.executable, "-B", SCRIPT, self.folder, "--jobs", "2"], capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})

    def test_all_found(self):
        done = self.run_script(
            [battery_result("rows-dropped"), battery_result("trap", only_gpu=True),
             battery_result("control.scalar", control=True, killed=False, main_fired=False, fired={}, expected=[])],
            [other("raced", tool="racecheck", only_gpu=True), other("host-only", left_out="it is host code")],
            {"raced": "RACECHECK SUMMARY: 2 hazards displayed (1 error, 1 warning)",
             "control.scalar": "RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"killed +raced +merge_states +racecheck 2 errors, 0 in the variant itself")
        self.assertRegex(done.stdout, r"mutants of both +1 +1 +1\n")
        self.assertRegex(done.stdout, r"mutants only for a GPU +2 +2 +2\n")
        self.assertIn("1 controls, 0 refused, 0 skipped; 1 mutants left out", done.stdout)
        self.assertRegex(done.stdout, r"left out +host-only .* it is host code")

    def test_what_is_not_found_fails(self):
        for mutant, state in ((battery_result("m", killed=False, main_fired=False, fired={}), "SURVIVED"),
                              (battery_result("m", main_fired=False), "MAIN SILENT"),
                              (battery_result("m", error="no memory"), "ERROR"),
                              (battery_result("m", control=True), "FALSE ALARM")):
            with self.subTest(state):
                done = self.run_script([battery_result("rows-dropped"), mutant], code=1)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stdout, rf"{state} +m ")

    def test_a_tool_must_find_the_mutant_and_nothing_in_its_variant(self):
        clean = "ERROR SUMMARY: 0 errors"
        for broken, control, state in (("ERROR SUMMARY: 0 errors", clean, "SURVIVED"),
                                       ("ERROR SUMMARY: 3 errors", "ERROR SUMMARY: 1 error", "ERROR"),
                                       ("no summary", clean, "ERROR")):
            with self.subTest(broken):
                done = self.run_script([battery_result("rows-dropped")], [other("m", tool="memcheck")],
                                       {"m": broken, "control.scalar": control})
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stdout, rf"{state} +m ")

    def test_what_may_fault_does_not_share_the_gpu(self):
        mutants = [battery_result("rows-dropped"), battery_result("trap", expected=["K16"]),
                   battery_result("beside-it", first={"fired": {"K16": "merge_states()"}, "killed": True}),
                   battery_result("control.scalar", control=True, killed=False, main_fired=False, fired={},
                                  expected=[], first={"fired": {"K16": "merge_states()"}, "killed": True})]
        done = self.run_script(mutants, daemon=0)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((self.folder / "asked").read_text(encoding="utf-8"),
                         "shared rows-dropped beside-it control.scalar\nalone trap beside-it control.scalar\n")
        self.assertRegex(done.stdout, r"mutants of both +3 +3 +3\n")
        self.assertIn("run again alone: beside-it control.scalar\n", done.stdout)

    def test_a_fault_spoils_what_survived_beside_it(self):
        survived = {"killed": False, "main_fired": False, "fired": {}}
        mutants = [battery_result("rows-dropped", first=survived), battery_result("found"),
                   battery_result("trap", first={"fired": {"K6": "merge_states()"}})]
        done = self.run_script(mutants, daemon=0)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("alone rows-dropped trap\n", (self.folder / "asked").read_text(encoding="utf-8"))
        done = self.run_script(mutants[:2], daemon=0)  # nothing faulted: it stands
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_nothing_and_half_of_it_are_no_success(self):
        self.assertEqual(self.run_script([]).returncode, 1)
        done = self.run_script([battery_result("rows-dropped")], code=130, interrupted=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the battery was stopped", done.stdout)
        done = self.run_script([battery_result("rows-dropped", error="no case was carried out")], code=3)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"ERROR +rows-dropped .* no case was carried out")
        self.assertEqual(self.run_script([battery_result("rows-dropped")], code=4).returncode, 1)

    def test_no_gpu_and_bad_usage(self):
        done = self.run_script([battery_result("rows-dropped")], code=77, said="cuda: SKIPPED, no device found")
        self.assertEqual((done.returncode, done.stdout), (77, "cuda: SKIPPED, no device found\n"))
        (self.folder / "mlacheck_mutants_cuda.so").unlink()
        done = self.run_script([])
        self.assertEqual(done.returncode, 2)
        self.assertIn("mlacheck_mutants_cuda.so: expected a file; build", done.stderr)


if __name__ == "__main__":
    unittest.main()
