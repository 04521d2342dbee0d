"""Prints one line with the number of tests in the JUnit files of ctest that are given as arguments, and
before it one line for each test that failed, with the preset that its file is named after."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def main() -> int:
    counts = {"run": 0, "passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[1:]:
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            outcome = {"run": "passed", "fail": "failed"}.get(case.get("status", ""), "skipped")
            counts[outcome] += 1
            counts["run"] += outcome != "skipped"
            if outcome == "failed":
                print(f"failed: {Path(path).stem.removeprefix('junit-')}: {case.get('name')}")
    print(f"tests: {counts['run']} run, {counts['passed']} passed, {counts['failed']} failed, "
          f"{counts['skipped']} skipped")
    return 0 if counts["failed"] == 0 and counts["run"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
