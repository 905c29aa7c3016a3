"""An evaluation on a terminal: claims, arms, curves and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from realsyn_tasks.report import evaluated, evaluation_charts, paper_results, svg
from realsyn_tasks.report.evaluated import Grid, Outcome

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

CLAIM_COLUMNS = (
    *("claim", "difference", "interval", "questions / documents / trainings"),
    *("won", "verdict", "paper"),
)
STYLES = {"holds": "green", "null": "dim", "reversed": "red"}


def show(outcome: Outcome, console: Console) -> None:
    """Print it; texts of protocols are shown as they are, never as markup."""
    for part in _parts(outcome):
        console.print(part, markup=False, highlight=False)


def _parts(outcome: Outcome) -> Iterator[RenderableType]:
    protocol = outcome["protocol"]
    yield f"{outcome['evaluation']}: protocol {protocol['name']} ({protocol['digest'][:12]})"
    yield f"{evaluated.in_words(outcome)}"
    for version in outcome["versions"]:
        number, name = version["version"], evaluated.version_name(outcome, version["version"])
        yield _claims(outcome, number, name)
        grids = [grid for grid in evaluated.grids(outcome) if grid.version == number]
        yield from (_arms(grid, name) for grid in grids if _is_asked(outcome, grid))
    yield from (_curve(curve) for curve in outcome["curves"] if curve["points"])
    yield from _overlaps(outcome)
    yield from (f"- {sentence}" for sentence in outcome["limits"])


def _is_asked(outcome: Outcome, grid: Grid) -> bool:
    """Show the measures of claims, and those that no recall is."""
    asked = {row["measure"] for row in evaluated.claims(outcome)}
    return grid.measure in asked or not grid.measure.startswith("recall@")


def _table(title: str, *columns: str, left: int = 1) -> Table:
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(title), title_justify="left", show_edge=False, pad_edge=False)
    for place, column in enumerate(columns):
        made.add_column(Text(column), justify="left" if place < left else "right")
    return made


def _row(table: Table, *cells: Any, style: str = "") -> None:
    from rich.text import Text

    table.add_row(
        *(each if isinstance(each, Text) else Text(str(each)) for each in cells), style=style
    )


def _claims(outcome: Outcome, version: int, name: str) -> Table:
    from rich.text import Text

    made = _table(f"Claims on {name}", *CLAIM_COLUMNS)
    for row in evaluated.claims(outcome, version):
        verdict = Text(str(row["verdict"]), style=STYLES.get(row["verdict"], ""))
        theirs = paper_results.points(paper_results.difference(outcome, row))
        won = f"{row['won']}/{row['seeds']}"
        difference = evaluated.signed(row["difference"])
        said = row["words"] or row["claim"]
        interval, parts = evaluated.interval(row), evaluated.parts(row)
        _row(made, said, difference, interval, parts, won, verdict, theirs)
    return made


def _arms(grid: Grid, name: str) -> Table:
    title = f"{evaluated.measure_name(grid.measure)}, {name}"
    made = _table(title, "arm", "texts", *map(evaluated.set_name, grid.sets), left=2)
    for line in grid.lines:
        cells = [_told(cell) for cell in line.cells]
        role = evaluated.ROLES[line.role]
        _row(made, line.arm, role or line.words, *cells, style="dim" if role else "")
    return made


def _told(cell: evaluated.Cell | None) -> str:
    return f"{evaluated.share(cell.value)} {evaluated.spread(cell)}".rstrip() if cell else ""


def _curve(curve: Mapping[str, Any]) -> Table:
    over = evaluation_charts.OVER.get(curve["over"], curve["over"])
    label = evaluated.measure_name(curve["measure"])
    made = _table(
        f"{curve['words'] or curve['name']}: {label} over {over}", "arm", "", "x", "value"
    )
    made.add_column("interval", justify="right")
    for point in evaluated.points(curve):
        kind = "" if point["kind"] == "measured" else point["kind"]
        told = evaluated.signed if point["kind"] == "difference" else evaluated.share
        low, high = told(point["low"]), told(point["high"])
        between = f"[{low}, {high}]" if low and high else ""
        _row(made, point["arm"], kind, svg.number(point["x"]), told(point["value"]), between)
    return made


def _overlaps(outcome: Outcome) -> Iterator[str]:
    for row in outcome["overlaps"]:
        where = evaluated.version_name(outcome, row["version"])
        yield (
            f"{row['set']} and {where} share {row['what']}s: {row['items']:,} of the set,"
            f" {row['pairs']:,} pairs"
        )
