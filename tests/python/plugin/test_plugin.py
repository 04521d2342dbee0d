"""The plug-in as pytest sees it. tests/python/pytest_test.py runs this file, with the program in $MLACHECK."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

MODULE = """
from good import elsewhere, merge
from wrong import sweepable

def test_another():
    assert merge
"""

# Writes a line for each run of the program, and becomes it.
COUNTING = """#!/bin/sh
echo "$@" >>{log}
exec {program} "$@"
"""

ON_CUDA = """
import mlacheck

@mlacheck.subject("merge_states", backend="cuda", framework="torch")
def {name}(out):
    raise AssertionError("only declared")
"""

# A machine with one GPU whose sweeps take three seconds.
FAKE = """
import os, time
from mlacheck import _check, _device_lock

def sweep(declared, **more):
    begin = time.monotonic()
    time.sleep(3)
    with open({log!r}, "a") as log:
        log.write(f"{{os.getpid()}} {{begin}} {{time.monotonic()}}\\n")
    row = {{"verdict": "PASSED", "checks": {{"K1": {{"cases": 3, "failed": 0}}}}, "failures": [], "left_out": {{}},
            "unavailable": "", "skips": [], "ended_early": ""}}
    return _check.Result("PASSED", (), None, None, (row,), "")

_check.sweep = sweep
_device_lock.device_name = lambda: {device}
"""


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """pytest with the plug-in, in a process of its own."""
    return pytester.runpytest_subprocess("-p", "mlacheck.pytest_plugin", *words)


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    """PASSED, FAILED or SKIPPED by function and check."""
    found = re.findall(r"(\w+)::merge_states-\w+-cpu::(\w+) (PASSED|FAILED|SKIPPED)", result.stdout.str())
    return {f"{function} {check}": word for function, check, word in found}


@pytest.fixture
def counted(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with a line for each run of the program."""
    log, program = pytester.path / "runs.txt", pytester.path / "counting"
    program.write_text(COUNTING.format(log=log, program=os.environ["MLACHECK"]), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("MLACHECK", str(program))
    return log


def has_xdist() -> bool:
    try:
        import xdist  # noqa: F401
    except ImportError:
        return False
    return True


def test_each_check_is_an_item_of_one_run(pytester: pytest.Pytester, counted: Path) -> None:
    pytester.makepyfile(test_mine=MODULE)
    result = run(pytester, "-v", "-rs", "--mlacheck-cases", "20", "--mlacheck-seed", "3")
    found = outcomes(result)
    assert result.ret == 1
    for check in ("K1", "K2", "K3", "K5", "K9", "K16", "trust"):
        assert found[f"merge {check}"] == "PASSED", check
    # It has no baseline, no contract, nothing quantized, refuses no overlap, and 20 cases are too few for K17.
    for check in ("eq", "cost", "K12", "K14", "K15", "K17"):
        assert f"merge {check}" not in found
    assert {word for name, word in found.items() if name.startswith("elsewhere ")} == {"SKIPPED"}
    assert {word for name, word in found.items() if name.startswith("merge ")} <= {"PASSED", "SKIPPED"}
    assert found["sweepable K1"] == "FAILED"
    assert found["sweepable K16"] == "PASSED"
    result.stdout.fnmatch_lines(["*no such machine*"])
    runs = counted.read_text(encoding="utf-8").splitlines()
    assert len(runs) == 3, runs
    assert all("--cases 20" in run and "--seed 3" in run for run in runs)


def test_a_failure_is_the_report_of_its_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine="from last_words import is_wrong_and_dies\nfrom wrong import sweepable\n")
    result = run(pytester, "-v", "--mlacheck-cases", "100")
    text = result.stdout.str()
    sections = dict(re.findall(r"\n_+ merge_states (\w+ on cpu: \w+) _+\n(.*?)(?=\n_{3}|\n={3})", text, re.S))
    found = outcomes(result)
    failed = [name for name, word in found.items() if word == "FAILED"]
    assert "sweepable K1" in failed and "is_wrong_and_dies K16" in failed, text
    labels = {check: set(re.findall(r"^  (K\d+|cost|eq|trust) ", section, re.M))
              for check, section in sections.items()}
    assert labels["sweepable on cpu: K1"] == {"K1"}, text
    # What was found before the end is a failure of its check.
    assert labels["is_wrong_and_dies on cpu: K1"] == {"K1"}, text
    crash = sections["is_wrong_and_dies on cpu: K16"]
    assert "CRASHED" in crash and "replay  mlacheck replay" in crash, text


def test_what_is_not_carried_out_says_why(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine="from good import merge\n")
    result = run(pytester, "-v", "-rs", "--mlacheck-cases", "0")
    skipped = [name for name, word in outcomes(result).items() if word == "SKIPPED"]
    assert skipped
    reasons = re.findall(r"SKIPPED \[\d+\] \S+?:\d+: (.+)", result.stdout.str())
    assert reasons and all(reason.strip() for reason in reasons), result.stdout.str()


def test_markers_choose(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=MODULE, test_gpu=ON_CUDA.format(name="mine"))
    for words, chosen in ((["-m", "not mlacheck"], 1), (["-m", "mlacheck_K1"], 4), (["-m", "mlacheck_cuda"], 15)):
        result = run(pytester, "--collect-only", "-q", "--strict-markers", *words)
        names = [line for line in result.stdout.lines if "::" in line]
        assert len(names) == chosen, (words, names)


def test_a_number_of_cases_and_a_time(pytester: pytest.Pytester, counted: Path) -> None:
    pytester.makepyfile(test_mine="from good import elsewhere\n")
    result = run(pytester, "--mlacheck-seconds", "2", "--mlacheck-cases", "9")
    result.stderr.fnmatch_lines(["*--mlacheck-cases and --mlacheck-seconds: expected one of them*"])
    run(pytester, "--mlacheck-seconds", "2")
    assert "--seconds 2" in counted.read_text(encoding="utf-8")
    assert "--cases" not in counted.read_text(encoding="utf-8")


def test_processes_share_a_run(pytester: pytest.Pytester, counted: Path) -> None:
    if not has_xdist():
        pytest.skip("needs pytest-xdist")
    pytester.makepyfile(test_mine=MODULE)
    result = run(pytester, "-n", "2", "--mlacheck-cases", "0")
    assert result.ret == 1
    assert len(counted.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize("one_device", [True, False])
def test_one_process_at_a_time_on_a_gpu(pytester: pytest.Pytester, one_device: bool) -> None:
    """Without the lock, or with a device for each, they would run side by side: that is the control."""
    if not has_xdist():
        pytest.skip("needs pytest-xdist")
    log = str(pytester.path / "times.txt")
    device = f"'index-7-of-{os.getpid()}'" if one_device else "f'index-{os.getpid()}'"
    pytester.makeconftest(FAKE.format(log=log, device=device))
    pytester.makepyfile(test_one=ON_CUDA.format(name="one"), test_two=ON_CUDA.format(name="two"))
    result = run(pytester, "-n", "2", "--dist", "loadfile")
    assert result.ret == 0, result.stdout.str()
    lines = [line.split() for line in Path(log).read_text(encoding="utf-8").splitlines()]
    (first, _, end), (second, begin, _) = sorted(lines, key=lambda line: float(line[1]))
    assert first != second
    assert (float(begin) >= float(end)) == one_device
