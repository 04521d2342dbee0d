"""mlacheck.check() from a script.

    python3 tests/python/check_test.py build/cpu/mlacheck PYTHON
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from support import PACKAGE, SUBJECTS, Done, PythonSubjects, main

SCRIPT = """
import json, sys
import mlacheck
from good import merge, elsewhere
from wrong import value
import wrong

if __name__ == "__main__":
    good = mlacheck.check(merge, cases=60)
    subject = next(one for one in mlacheck._declare.declarations if one.variant == "value").function
    bad = mlacheck.check(subject, cases=60, where="H=7 V=2,3", options=["--max-failures", "1"])
    try:
        mlacheck.check(len)
        refused = ""
    except mlacheck.DeclarationError as error:
        refused = str(error)
    try:
        mlacheck.check(merge, where="Q=1")
        where = ""
    except RuntimeError as error:
        where = str(error)
    print(json.dumps({"good": [good.verdict, bool(good), good.case, str(good)],
                      "bad": [bad.verdict, bool(bad), bad.case, bad.replay, list(bad.findings), str(bad)],
                      "skipped": mlacheck.check(elsewhere, cases=1).verdict, "refused": refused, "where": where}))
"""


UNGUARDED = """
import mlacheck

@mlacheck.subject("merge_states")
def mine(out):
    pass

mlacheck.check(mine, cases=1)
"""


WITHOUT_FILE = """
import mlacheck

@mlacheck.subject("merge_states")
def mine(out):
    pass

try:
    mlacheck.check(mine, cases=1)
except mlacheck.DeclarationError as error:
    print(error)
"""

LATE = """
import mlacheck

def declare():
    @mlacheck.subject("merge_states")
    def late(out):
        pass
    return late

@mlacheck.subject("merge_states")
def early(out):
    pass

if __name__ == "__main__":
    try:
        mlacheck.check(declare(), cases=1)
    except mlacheck.DeclarationError as error:
        print(error)
"""


class Check(PythonSubjects):
    def run_script(self, text: str) -> Done:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            script.write_text(text, encoding="utf-8")
            return subprocess.run(
                [self.python, str(script)], capture_output=True, text=True, check=False, timeout=300,
                env={**os.environ, "MLACHECK": self.program, "PYTHONPATH": f"{PACKAGE}:{SUBJECTS}"})

    def test_results(self) -> None:
        done = self.run_script(SCRIPT)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        verdict, passed, case, text = said["good"]
        self.assertEqual((verdict, passed, case), ("PASSED", True, None), text)
        self.assertIn("merge_states on cpu.w32", text)
        verdict, passed, case, replay, findings, text = said["bad"]
        self.assertEqual((verdict, passed, case), ("FAILED", False, "merge_states(H=7,V=2)"), text)
        self.assertIn("mlacheck replay 'merge_states(H=7,V=2)'", replay)
        self.assertIn("K1", {finding["check"] for finding in findings})
        self.assertEqual(said["skipped"], "SKIPPED")
        self.assertIn("expected a function under @mlacheck.subject(...)", said["refused"])
        self.assertIn("--where: domain term 'Q=1'", said["where"])

    def test_a_call_that_a_worker_would_make_again_is_refused(self) -> None:
        done = self.run_script(UNGUARDED)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("check() while a worker imports the module", done.stderr)

    def test_a_script_from_standard_input_is_refused(self) -> None:
        done = subprocess.run([self.python, "-"], input=WITHOUT_FILE, capture_output=True, text=True, check=False,
                              timeout=60, env={**os.environ, "MLACHECK": self.program, "PYTHONPATH": str(PACKAGE)})
        self.assertIn("module '__main__' of variant 'mine': expected one with a file", done.stdout, done.stderr)

    def test_a_declaration_that_importing_does_not_make_is_refused(self) -> None:
        done = self.run_script(LATE)
        self.assertRegex(done.stdout, r"variant 'late' at script\.py:\d+: importing script\.py does not declare it, "
                                      "expected a declaration at the top level of a module", done.stderr)


if __name__ == "__main__":
    main()
