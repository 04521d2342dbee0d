"""What pytest makes of subjects where the plug-in is installed: ci/wheel runs this file."""

import mlacheck
import wrong
from right import merge

__all__ = ["merge"]  # a test of its own, by the plug-in


def test_a_wrong_subject_is_found() -> None:
    result = mlacheck.check(wrong.forgets_the_suffix, cases=40)
    assert not result
    assert result.verdict == "FAILED"
    assert {finding["check"] for finding in result.findings} >= {"K1"}
    assert "wrong.py" in str(result)
