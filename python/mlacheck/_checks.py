"""A row of a sweep, check by check: what a test of one check has to say."""

from __future__ import annotations

import dataclasses
from typing import Any, Mapping, Optional

from mlacheck import _terms
from mlacheck._declare import Declaration

# Each check in a few words, in the order of a report (docs/checks.md).
CHECKS = {
    "K1": "values against the oracle",
    "K2": "other strides, same bits",
    "K3": "poisoned outputs and scratch",
    "K4": "poisoned dead inputs",
    "K5": "nothing else written",
    "K6": "guard pages",
    "K7": "infinities, NaN, empty rows",
    "K8": "calls before and after, replay, in place",
    "K9": "equal calls, any thread order, no leak",
    "K10": "rows independent of their batch",
    "K11": "algebra, known answers",
    "K12": "exact integers, and who reads them",
    "K13": "offsets past 2^31 and 2^32",
    "K14": "quantization: every code, midpoint, scale",
    "K15": "overlapping operands refused",
    "K16": "accepted, launched, ended",
    "K17": "every choice and tile met",
    "K20": "memory or a launch denied",
    "cost": "allocations, launches, bytes as promised",
    "eq": "same bits as the baseline",
    "trust": "the pass would prove something",
}

# Rows with fewer cases are not asked for each choice and tile.
CASES_FOR_K17 = 1000

OPS_OF = {"K12": ("decode_expansion",), "K14": ("flatten_quant", "quantized_bmm")}


def applying(declaration: Declaration, cases: Optional[int]) -> tuple[str, ...]:
    """The checks that a sweep of so many cases (None: as many as there is time for) may carry out, as far as
    that follows from the declaration."""
    out = {check for check, ops in OPS_OF.items() if declaration.op not in ops}
    if declaration.baseline is None:
        out.add("eq")
    if declaration.contract is None:
        out.add("cost")
    if declaration.conventions.overlap != _terms.OVERLAP_REFUSED:
        out.add("K15")
    if cases is not None and cases < CASES_FOR_K17:
        out.add("K17")
    return tuple(check for check in CHECKS if check not in out)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Of one check: `failed` is the report of its findings, `skipped` why it was not carried out. Neither: it
    was carried out, and found nothing."""

    failed: Optional[str] = None
    skipped: Optional[str] = None


def _reasons(entries: list[Mapping[str, Any]]) -> str:
    return "; ".join(str(entry["reason"]) for entry in entries)


def _reports(row: Mapping[str, Any], check: str) -> list[str]:
    return [str(failure["reports"][check]) for failure in row["failures"] if check in failure["reports"]]


def _failed(row: Mapping[str, Any]) -> set[str]:
    """The checks that failed."""
    found = {check for check, count in row["checks"].items() if count["failed"]}
    for failure in row["failures"]:
        found.update(failure["reports"])
    return found


def outcome_of(row: Mapping[str, Any], check: str, text: str) -> Outcome:
    """`row`: of the JSON report; `text`: the report of the sweep, for what no counterexample shows. Whatever
    keeps the row from PASSED and is of no other check is of "trust"."""
    failed = _failed(row)
    reports = _reports(row, check)
    if reports:
        return Outcome(failed="\n".join(reports))
    if check in failed:
        # Its cases fail, and the smallest ones of the row show other checks.
        return Outcome(failed=f"{check} failed in {row['checks'][check]['failed']} cases\n{text}")
    if row["unavailable"]:
        return Outcome(skipped=str(row["unavailable"]))
    if row["verdict"] == "SKIPPED":
        return Outcome(skipped=_reasons(row["skips"]) or "no case ran")
    if check == "trust":
        unknown = row["verdict"] not in ("PASSED", "SKIPPED") and not failed & set(CHECKS)
        return Outcome(failed=text) if unknown else Outcome()
    if row["checks"].get(check, {}).get("cases"):
        return Outcome()
    if check in row["left_out"]:
        return Outcome(skipped=_reasons(row["left_out"][check]))
    if failed:
        return Outcome(skipped=f"not carried out: {', '.join(sorted(failed))} failed before")
    if row["ended_early"]:
        return Outcome(skipped=f"not carried out: the row ended early: {row['ended_early']}")
    return Outcome(skipped="no case of the sweep calls for it")
