"""Sums up the JUnit files of ctest that are given as arguments: of each test that failed the last lines of
its output, then a line with the preset that its file is named after, its name and how it ended; at the
end one line with the number of tests."""

import sys
from pathlib import Path
from xml.etree import ElementTree

MOST_LINES = 25
MOST_COLUMNS = 300
MOST_SHOWN = 12  # tests; a build that is broken as a whole says the same again and again


def last_lines(case: ElementTree.Element) -> list[str]:
    text = case.findtext("system-out") or ""
    return [line[:MOST_COLUMNS] for line in text.splitlines() if line.strip()][-MOST_LINES:]


def main() -> int:
    counts = {"run": 0, "passed": 0, "failed": 0, "skipped": 0}
    failed = []
    for path in sys.argv[1:]:
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            outcome = {"run": "passed", "fail": "failed"}.get(case.get("status", ""), "skipped")
            counts[outcome] += 1
            counts["run"] += outcome != "skipped"
            if outcome == "failed":
                failure = case.find("failure")
                how = "" if failure is None else failure.get("message", "")
                title = f"{Path(path).stem.removeprefix('junit-')}: {case.get('name')}"
                failed.append((title, f"{how or 'Failed'}, {float(case.get('time', 0)):.0f} s", last_lines(case)))
    for title, _, lines in failed[:MOST_SHOWN]:
        print(f"--- {title}: its last lines")
        print("\n".join(lines))
    for title, how, _ in failed:
        print(f"failed: {title} ({how})")
    print(f"tests: {counts['run']} run, {counts['passed']} passed, {counts['failed']} failed, "
          f"{counts['skipped']} skipped")
    return 0 if counts["failed"] == 0 and counts["run"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
