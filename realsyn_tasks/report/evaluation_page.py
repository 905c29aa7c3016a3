"""The page of the evaluations of a version: one file without a network, in the report's style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from realsyn_tasks.report import evaluated, evaluation_charts, paper, paper_results
from realsyn_tasks.report.evaluated import Outcome
from realsyn_tasks.report.page import environment
from realsyn_tasks.stages import PIPELINE


def render(outcomes: Sequence[Outcome], about: str = "") -> str:
    """Give the page of some evaluations; `about` names what they are of."""
    made = environment(autoescape=True)
    made.filters |= {
        "share": evaluated.share,
        "spread": evaluated.spread,
        "points": paper_results.points,
    }
    shown = [_shown(place, each) for place, each in enumerate(outcomes)]
    template = made.get_template("evaluation.html")
    return str(template.render(shown=shown, about=about, paper=paper, **_names()))


def _names() -> dict[str, Any]:
    return {
        "measure_name": evaluated.measure_name,
        "set_name": evaluated.set_name,
        "ROLES": evaluated.ROLES,
        "scores": paper_results.results()["scores"],
        "words": PIPELINE.reason_words,
    }


def _shown(place: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "place": place,
        "sentence": evaluated.in_words(outcome),
        "versions": [_version(place, outcome, each) for each in outcome["versions"]],
        "curves": [_curve(f"e{place}-c{n}", each) for n, each in enumerate(outcome["curves"])],
        "trainings": outcome["trainings"],
    }


def _version(place: int, outcome: Outcome, version: Any) -> dict[str, Any]:
    number = version["version"]
    name = f"e{place}-v{number}"
    grids = [grid for grid in evaluated.grids(outcome) if grid.version == number]
    claims = evaluated.claims(outcome, number)
    return {
        **version,
        "name": evaluated.version_name(outcome, number),
        "sentence": evaluated.in_words(outcome, number),
        "claims": [{**row, "theirs": paper_results.difference(outcome, row)} for row in claims],
        "claims_chart": evaluation_charts.claims(f"{name}-claims", outcome, number),
        "grids": grids,
        "arms_chart": evaluation_charts.arms(f"{name}-arms", grids[0]) if grids else "",
        "arms_beside": paper_results.arms_beside(outcome, number),
        "sets_beside": paper_results.sets_beside(outcome, number),
        "lead": evaluated.lead(outcome)[0],
        "overlaps": [row for row in outcome["overlaps"] if row["version"] == number],
    }


def _curve(name: str, curve: Any) -> dict[str, Any]:
    return {
        **curve,
        "charts": evaluation_charts.curve(name, curve),
        "fitted": evaluation_charts.fitted(curve),
    }
