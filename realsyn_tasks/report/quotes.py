"""What a version's card, report and data statement quote of its evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from realsyn_tasks.report import evaluated
from realsyn_tasks.report.evaluated import Grid, Outcome, Row

MOST = 3  # evaluations that are quoted, the last by name; all are on their own page


@dataclass(frozen=True)
class Quote:
    """One evaluation, as far as it is of one version."""

    evaluation: str
    protocol: str
    about: str
    digest: str
    sentence: str
    claims: Sequence[Row]
    grid: Grid | None  # of the measure that most claims are about
    limits: Sequence[str]


def quotes(outcomes: Sequence[Outcome], path: str) -> list[Quote]:
    """Quote the evaluations of the version in a folder; of those alike, the last by name."""
    alike = {each["comparable"]: each for each in outcomes}
    found = [
        _quote(each, number)
        for each in alike.values()
        if (number := evaluated.number_of(each, path)) is not None
    ]
    return sorted(found, key=lambda quote: quote.evaluation)[-MOST:]


def _quote(outcome: Outcome, version: int) -> Quote:
    protocol = outcome["protocol"]
    grids = [grid for grid in evaluated.grids(outcome) if grid.version == version]
    return Quote(
        evaluation=outcome["evaluation"],
        protocol=protocol["name"],
        about=protocol.get("about", ""),
        digest=protocol["digest"],
        sentence=evaluated.in_words(outcome, version),
        claims=evaluated.claims(outcome, version),
        grid=next(iter(grids), None),
        limits=outcome.get("limits", ()),
    )
