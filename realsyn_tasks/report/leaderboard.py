"""Versions of a root beside each other, where they were evaluated by one protocol.

What stands in one table has the same protocol, evaluation sets, models and seed, all by digest;
other evaluations have a table of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from realsyn_tasks.report import evaluated
from realsyn_tasks.report.evaluated import Outcome, Row


def leaderboards(outcomes: Iterable[Outcome]) -> list[Row]:
    """Give a table for each set of comparable evaluations, those of most versions first.

    Rows are sorted by the arm and the measure that most claims are about, the best first. Of a
    version that was evaluated twice alike, the last evaluation by name counts.
    """
    groups: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda each: str(each["evaluation"])):
        groups.setdefault(outcome["comparable"], []).append(outcome)
    boards = [_board(some) for some in groups.values()]
    return sorted(boards, key=lambda board: (-len(board["rows"]), board["protocol"]["name"]))


def _board(outcomes: list[Outcome]) -> Row:
    arm, measure = evaluated.lead(outcomes[-1])
    rows: dict[str, Row] = {}
    for outcome in outcomes:
        rows |= {row["path"]: row for row in _rows(outcome, arm, measure)}
    return {
        "protocol": dict(outcomes[-1]["protocol"]),
        "comparable": outcomes[-1]["comparable"],
        "arm": arm,
        "measure": measure,
        "arms": evaluated.all_arms(outcomes),
        "rows": sorted(rows.values(), key=lambda row: (_missing(row), -(row["value"] or 0.0))),
    }


def _missing(row: Mapping[str, Any]) -> bool:
    return row["value"] is None


def _rows(outcome: Outcome, arm: str, measure: str) -> Iterator[Row]:
    for version in outcome["versions"]:
        number = version["version"]
        leading = evaluated.score(outcome, number, arm, measure) or {}
        yield {
            "path": version["path"],
            "pairs": version["pairs"],
            "evaluation": outcome["evaluation"],
            **{name: leading.get(name) for name in ("value", "low", "high")},
            "arms": _by_arm(outcome, number, measure),
            "verdicts": evaluated.verdicts(outcome, number),
        }


def _by_arm(outcome: Outcome, version: int, measure: str) -> dict[str, float | None]:
    """Give the mean of each arm; what is measured once for all versions counts for each."""
    values = {}
    for arm, _, _ in evaluated.arms(outcome):
        for number in (version, evaluated.EVERY):
            row = evaluated.score(outcome, number, arm, measure)
            if row is not None:
                values[arm] = row["value"]
                break
    return values
