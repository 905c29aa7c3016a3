"""The gate's own check of letters."""

from __future__ import annotations

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Check, Finding, Settings


def vowels(evidence: Evidence, settings: Settings) -> Finding:
    """There are vowels among them."""
    rows = [
        row
        for commit in evidence.commits("spell")
        for row in evidence.first_rows(commit, "letters", ["letter"], 100)
    ]
    count = sum(row["letter"] in "aeiou" for row in rows)
    least = int(settings["least"])
    return Finding("vowels", "letters", f"{least} vowels", f"{count}", passed=count >= least)


CHECKS: dict[str, Check] = {"vowels": vowels}
