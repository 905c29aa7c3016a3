"""What the paper says of models trained on its data, beside what an evaluation measured.

Its numbers are in paper_results.yaml. They are of other models, sets and sizes than ours: orders
compare, values do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from realsyn_tasks.core import include
from realsyn_tasks.report import evaluated
from realsyn_tasks.report.evaluated import Cell, Outcome

DATA = Path(__file__).with_suffix(".yaml")
Scores = tuple[float | None, ...]  # in percent, in the order of `scores`


@dataclass(frozen=True)
class Beside:
    """An arm of ours, and the row of the paper that has the same texts and sampling."""

    arm: str
    words: str  # the paper's
    where: str
    scores: Scores
    ours: Mapping[str, Cell | None]  # by measure


@dataclass(frozen=True)
class SetBeside:
    """A set that the paper has too: ours in percent, and the paper's by data."""

    name: str
    measure: str
    ours: float | None
    theirs: Mapping[str, float]


@cache
def results() -> dict[str, Any]:
    """Read the paper's numbers."""
    known: dict[str, Any] = include.load(DATA)
    return known


def row_of(arm: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Find the paper's row for an arm: the same texts, sampled the same; none for others."""
    if arm.get("shuffled") or arm.get("at_most") or arm.get("as_many_as"):
        return None
    sampling = arm.get("sampling", "all")
    wanted = (dict(arm["texts"]), "" if sampling == "all" else sampling)
    rows: Sequence[Mapping[str, Any]] = results()["arms"]
    return next((row for row in rows if (row["texts"], row.get("sampling", "")) == wanted), None)


def arms_beside(outcome: Outcome, version: int) -> list[Beside]:
    """Give the arms that the paper has, too, with our mean over the sets for each measure."""
    rows = [(arm["arm"], row) for arm in outcome["arms"] if (row := row_of(arm)) is not None]
    return [
        Beside(
            name, row["words"], row["where"], tuple(row["scores"]), _ours(outcome, version, name)
        )
        for name, row in rows
    ]


def _ours(outcome: Outcome, version: int, arm: str) -> dict[str, Cell | None]:
    rows = {
        name: evaluated.score(outcome, version, arm, name) for name in evaluated.measures(outcome)
    }
    return {
        name: Cell(row["value"], row["low"], row["high"])
        for name, row in rows.items()
        if row is not None and row["value"] is not None
    }


def difference(outcome: Outcome, claim: Mapping[str, Any]) -> Scores | None:
    """Give the paper's differences for a claim, in points; none where it has not both arms."""
    by_name = {arm["arm"]: arm for arm in outcome["arms"]}
    pair = [by_name.get(claim[name]) for name in ("arm", "than")]
    rows = [row_of(arm) if arm else None for arm in pair]
    if rows[0] is None or rows[1] is None or _mixed(rows[0], rows[1]):
        return None
    both = zip(rows[0]["scores"], rows[1]["scores"], strict=True)
    return tuple(None if None in (a, b) else round(a - b, 1) for a, b in both)


def _mixed(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Say whether two rows are of different ablations, so that their difference means nothing."""
    return bool(left.get("sampling", "")) != bool(right.get("sampling", ""))


def points(scores: Scores | None) -> str:
    """Write the paper's differences; nothing where it has none."""
    if not scores:
        return ""
    return " / ".join("–" if each is None else f"{each:+.1f}" for each in scores)


def sets_beside(outcome: Outcome, version: int) -> list[SetBeside]:
    """Give the sets that the paper has, too, of the arm that most claims are about."""
    arm, _ = evaluated.lead(outcome)
    rows = [row for row in outcome["measures"] if row["version"] == version and row["arm"] == arm]
    found = [
        SetBeside(row["set"], row["measure"], _percent(row["value"]), theirs)
        for row in rows
        if (theirs := _theirs(row["set"], row["measure"]))
    ]
    return sorted(found, key=lambda each: (each.measure, each.name))


def _theirs(name: str, measure: str) -> dict[str, float]:
    known = results()
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    also = {re.sub(r"[^a-z0-9]", "", other): own for other, own in known["also"].items()}
    own = also.get(plain, plain)
    if own in known["retrieval"]:
        return {
            data: values[measure]
            for data, values in known["retrieval"][own].items()
            if measure in values
        }
    if own not in known["sets"] or measure not in known["tables"]:
        return {}
    place = known["sets"].index(own)
    return {data: values[place] for data, values in known["tables"][measure].items()}


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)
