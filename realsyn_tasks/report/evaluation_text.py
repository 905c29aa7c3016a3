"""An evaluation as Markdown: the tables of docs/evaluation_results.md are made by this.

realsyn evaluation RUN --markdown          prints them
realsyn evaluation RUN --into PAGE         puts them between the page's markers of its protocol
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.report import evaluated, evaluation_charts, paper_results, svg
from realsyn_tasks.report.card import cell
from realsyn_tasks.report.evaluated import Grid, Outcome

BESIDE = (
    "Beside the paper's ablations (15M pictures, ViT-B/32, percent; orders compare, values do not):"
)
PARTS = "of questions / documents / trainings, ±"
BEGIN, END = "<!-- evaluation: {} -->", "<!-- end of evaluation: {} -->"


def markdown(outcome: Outcome, brief: bool = False) -> str:
    """Give the tables of an outcome; the same outcome gives the same text.

    All of them, or in brief: arms by the measure alone that most claims are about.
    """
    return "\n".join(_lines(outcome, brief)).rstrip() + "\n"


def filled(page: str, outcome: Outcome, place: str = "", brief: bool = False) -> str:
    """Put the tables of an outcome into a page, between the markers of a place.

    `place` is the protocol's name where none is given. ConfigError where the page has no such
    markers.
    """
    name = place or str(outcome["protocol"]["name"])
    begin, end = BEGIN.format(name), END.format(name)
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ConfigError(f"the page has no place for {name}: write {begin} and {end} into it")
    return f"{before}{begin}\n\n{markdown(outcome, brief)}\n{end}{after}"


def _lines(outcome: Outcome, brief: bool) -> Iterator[str]:
    protocol = outcome["protocol"]
    asked = sum(each["questions"] for each in outcome["sets"])
    yield (
        f"`{outcome['evaluation']}`, protocol `{protocol['name']}` (`{protocol['digest'][:12]}`),"
        f" {len(outcome['arms'])} arms, {asked:,} questions: {evaluated.in_words(outcome)}."
    )
    yield ""
    for version in outcome["versions"]:
        yield from _version(outcome, version, brief)
    for curve in outcome["curves"]:
        if curve["points"]:
            yield from _curve(curve)
    yield from _overlaps(outcome)
    yield from (f"* {cell(sentence)}" for sentence in outcome["limits"])


def _version(outcome: Outcome, version: Mapping[str, Any], brief: bool) -> Iterator[str]:
    number = version["version"]
    yield f"**{cell(evaluated.version_name(outcome, number))}**, {version['pairs']:,} pairs"
    yield ""
    yield from _claims(outcome, number)
    grids = [grid for grid in evaluated.grids(outcome) if grid.version == number]
    for grid in grids[: 1 if brief else None]:
        yield from _arms(grid)
    if not brief:
        yield from _paper(outcome, number)


def _claims(outcome: Outcome, version: int) -> Iterator[str]:
    names = ("claim", "arm", "than", "difference", "interval", PARTS, "seeds won", "verdict")
    rows = [
        (
            row["words"] or row["claim"],
            row["arm"],
            row["than"],
            evaluated.signed(row["difference"]),
            evaluated.interval(row),
            evaluated.parts(row),
            f"{row['won']} of {row['seeds']}",
            row["verdict"],
            paper_results.points(paper_results.difference(outcome, row)),
        )
        for row in evaluated.claims(outcome, version)
    ]
    yield from _table((*names, f"paper: {', '.join(paper_results.results()['scores'])}"), rows, 3)


def _arms(grid: Grid) -> Iterator[str]:
    yield f"{evaluated.measure_name(grid.measure)}:"
    yield ""
    rows = [
        (line.arm, evaluated.ROLES[line.role] or line.words, *map(_told, line.cells))
        for line in grid.lines
    ]
    yield from _table(("arm", "texts", *map(evaluated.set_name, grid.sets)), rows, 2)


def _told(value: evaluated.Cell | None) -> str:
    return f"{evaluated.share(value.value)} {evaluated.spread(value)}".rstrip() if value else ""


def _paper(outcome: Outcome, version: int) -> Iterator[str]:
    rows = paper_results.arms_beside(outcome, version)
    if not rows:
        return
    yield BESIDE
    yield ""
    ours = list(rows[0].ours)
    theirs = paper_results.results()["scores"]
    names = ("arm", "in the paper", *map(evaluated.measure_name, ours), *theirs)
    told = [
        (
            row.arm,
            row.words,
            *(_value(row.ours.get(name)) for name in ours),
            *("–" if score is None else f"{score:.1f}" for score in row.scores),
        )
        for row in rows
    ]
    yield from _table(names, told, 2)


def _value(value: evaluated.Cell | None) -> str:
    return evaluated.share(value.value) if value else ""


def _curve(curve: Mapping[str, Any]) -> Iterator[str]:
    over = evaluation_charts.OVER.get(curve["over"], curve["over"])
    label = evaluated.measure_name(curve["measure"])
    yield f"{cell(curve['words'] or curve['name'])} ({label} over {over}):"
    yield ""
    rows = [
        (point["arm"], point["kind"], svg.number(point["x"]), *_point(point))
        for point in evaluated.points(curve)
    ]
    yield from _table(("arm", "", "x", "value", "interval"), rows, 2)
    yield from (f"Fitted, {cell(said)}." for said in evaluation_charts.fitted(curve))
    yield ""


def _point(point: Mapping[str, Any]) -> tuple[str, str]:
    told = evaluated.signed if point["kind"] == "difference" else evaluated.share
    low, high = told(point["low"]), told(point["high"])
    return told(point["value"]), f"[{low}, {high}]" if low and high else ""


def _overlaps(outcome: Outcome) -> Iterator[str]:
    rows = [
        (
            row["set"],
            evaluated.version_name(outcome, row["version"]),
            row["what"],
            f"{row['items']:,}",
            f"{row['pairs']:,}",
        )
        for row in outcome["overlaps"]
    ]
    if not rows:
        yield "No picture and no text of the evaluation sets was found in the versions."
        yield ""
        return
    yield "What evaluation sets and versions share:"
    yield ""
    yield from _table(("set", "version", "what", "items", "pairs"), rows, 3)


def _table(names: Iterable[str], rows: Iterable[Iterable[Any]], left: int) -> Iterator[str]:
    """Give a table, with an empty line; from the column `left` on it has numbers of ours alone."""
    titles = [cell(name) for name in names]
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join('---' if n < left else '---:' for n in range(len(titles)))}|"
    for row in rows:
        told = [cell(each) if place < left else str(each) for place, each in enumerate(row)]
        yield f"| {' | '.join(told)} |"
    yield ""
