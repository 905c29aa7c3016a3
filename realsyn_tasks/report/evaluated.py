"""An evaluation's outcome as tables, which page, card, terminal, docs and UI all show.

Every value is of the outcome (evaluate.outcome); here it gets an order, a name and a place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.evaluate.limits import ALL_SETS, floors, teachers

Row = dict[str, Any]
Outcome = Mapping[str, Any]
EVERY = -1  # in place of a version's number: holds of all
FLOOR, CEILING, ARM = "floor", "ceiling", "arm"
FITTED = "fitted"  # of points of a curve
ROLES = {
    FLOOR: "floor: texts of other pictures",
    CEILING: "ceiling: the encoder itself, untrained",
    ARM: "",
}
TASKS = {"zero_shot": "zero-shot accuracy", "linear_probe": "linear probe"}
IN_WORDS = (
    ("holds", "holds", "hold"),
    ("null", "shows nothing either way", "show nothing either way"),
    ("reversed", "is reversed", "are reversed"),
)


@dataclass(frozen=True)
class Cell:
    """A measured value with its interval."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Line:
    """An arm, what it is in the table, and its values by set."""

    arm: str
    words: str
    role: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Grid:
    """All arms of a version on all sets, by one measure."""

    version: int
    measure: str
    sets: tuple[str, ...]  # ALL_SETS: the mean over all
    lines: tuple[Line, ...]


def grids(outcome: Outcome) -> list[Grid]:
    """Give a table for each version and measure; that which most claims are about comes first."""
    return [
        grid
        for version in outcome["versions"]
        for measure in measures(outcome)
        if (grid := _grid(outcome, version["version"], measure)).lines
    ]


def measures(outcome: Outcome) -> list[str]:
    """Name the measures, those that claims are about first, by how many are."""
    asked = Counter(row["measure"] for row in outcome["claims"])
    known = dict.fromkeys(row["measure"] for row in outcome["measures"])
    return sorted(known, key=lambda name: -asked[name])


def measure_name(measure: str) -> str:
    """Say what a measure is."""
    if measure.startswith("recall@"):
        return f"R@{measure.removeprefix('recall@')}, both ways"
    return TASKS.get(measure, measure)


def set_name(name: str) -> str:
    """Say which set it is of."""
    return "all sets" if name == ALL_SETS else name


def _grid(outcome: Outcome, version: int, measure: str) -> Grid:
    rows = [
        row
        for row in outcome["measures"]
        if row["measure"] == measure and row["version"] in (version, EVERY)
    ]
    asked = [each["set"] for each in outcome["sets"]]
    here = {row["set"] for row in rows}
    names = [name for name in (*asked, *sorted(here - {*asked, ALL_SETS})) if name in here]
    shown = (*([ALL_SETS] if ALL_SETS in here and len(names) > 1 else []), *names)
    cells = {(row["arm"], row["set"]): _cell(row) for row in rows}
    known = {row["arm"] for row in rows}
    lines = tuple(
        Line(arm, words, role, tuple(cells.get((arm, name)) for name in shown))
        for arm, words, role in arms(outcome)
        if arm in known
    )
    return Grid(version, measure, shown, lines)


def _cell(row: Mapping[str, Any]) -> Cell | None:
    return None if row["value"] is None else Cell(row["value"], row["low"], row["high"])


def arms(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Give name, words and role of all that was measured: the floor first, the ceiling last."""
    floor = floors(outcome)
    named = [
        (arm["arm"], arm.get("words") or texts_of(arm), FLOOR if arm["arm"] in floor else ARM)
        for arm in outcome["arms"]
    ]
    ordered = sorted(named, key=lambda arm: arm[2] != FLOOR)
    return [*ordered, *((name, "", CEILING) for name in teachers(outcome))]


def texts_of(arm: Mapping[str, Any]) -> str:
    """Say which texts an arm has, and how it was sampled, where nobody has put it into words."""
    said = ", ".join(f"{count} {source}" for source, count in arm.get("texts", {}).items())
    if arm.get("at_most"):
        said = f"{arm['at_most']} of {said}"
    if others := arm.get("as_many_as"):
        said += ", no more than " + ", ".join(
            f"{count} {source}" for source, count in others.items()
        )
    sampling = arm.get("sampling", "all")
    return said if sampling == "all" else f"{said}; {sampling} sample"


def claims(outcome: Outcome, version: int | None = None) -> list[Row]:
    """Give the judged claims, of one version or of all, in the protocol's order."""
    return [row for row in outcome["claims"] if version in (None, row["version"])]


def points(curve: Mapping[str, Any]) -> list[Row]:
    """Give what tables say of a curve: not what a fit gives between what was measured."""
    return [point for point in curve["points"] if point["kind"] != FITTED]


def verdicts(outcome: Outcome, version: int | None = None) -> dict[str, int]:
    """Count the claims that hold, are null, are reversed."""
    counts = Counter(row["verdict"] for row in claims(outcome, version))
    return {name: counts[name] for name, *_ in IN_WORDS}


def in_words(outcome: Outcome, version: int | None = None) -> str:
    """Say in one sentence how the claims came out."""
    counts = verdicts(outcome, version)
    said = [
        f"{counts[name]} {one if counts[name] == 1 else more}"
        for name, one, more in IN_WORDS
        if counts[name]
    ]
    return f"of {sum(counts.values())} claims {', '.join(said) or 'none was judged'}"


def number_of(outcome: Outcome, path: str) -> int | None:
    """Give the number that a version has in an evaluation, by its folder."""
    return next((v["version"] for v in outcome["versions"] if v["path"] == path), None)


def version_name(outcome: Outcome, version: int) -> str:
    """Name a version by its dataset and its own name."""
    path = next((v["path"] for v in outcome["versions"] if v["version"] == version), "")
    return path.removeprefix("datasets/") or "all versions"


def signed(value: float | None) -> str:
    """Write a difference with its sign, in three digits after the point."""
    return "" if value is None else f"{value:+.3f}".replace("-", "\u2212")


def interval(row: Mapping[str, Any]) -> str:
    """Write an interval of differences; nothing where it is not known."""
    if row["low"] is None or row["high"] is None:
        return ""
    return f"[{signed(row['low'])}, {signed(row['high'])}]"


def parts(row: Mapping[str, Any]) -> str:
    """Write half the width that chance of questions, documents and trainings has by itself."""
    told = [row.get(f"of_{part}") for part in ("questions", "documents", "trainings")]
    if all(width is None for width in told):
        return ""
    return " / ".join(share(width) or "\u2013" for width in told)


def share(value: float | None) -> str:
    """Write a share as tables of the field do: .365; 1.000 and more with what is before it."""
    if value is None:
        return ""
    sign, text = "\u2212" if value < 0 else "", f"{abs(value):.3f}"
    return sign + (text[1:] if text.startswith("0") else text)


def spread(cell: Cell) -> str:
    """Write the interval of a value; nothing where it is not known."""
    if cell.low is None or cell.high is None:
        return ""
    return f"[{share(cell.low)}, {share(cell.high)}]"


def lead(outcome: Outcome) -> tuple[str, str]:
    """Give arm and measure that a leaderboard is sorted by: those of most claims."""
    asked = Counter(row["arm"] for row in claims(outcome))
    order = [arm["arm"] for arm in outcome["arms"]]
    arm = min(order, key=lambda name: (-asked[name], order.index(name)), default="")
    return arm, next(iter(measures(outcome)), "")


def score(outcome: Outcome, version: int, arm: str, measure: str) -> Mapping[str, Any] | None:
    """Give the row of an arm's mean over all sets, or over the only set there is."""
    rows = [
        row
        for row in outcome["measures"]
        if (row["version"], row["arm"], row["measure"]) == (version, arm, measure)
    ]
    means = [row for row in rows if row["set"] == ALL_SETS]
    return next(iter(means or (rows if len(rows) == 1 else [])), None)


def all_arms(outcomes: Sequence[Outcome]) -> list[str]:
    """Name the arms of several outcomes, each once, in their order."""
    return list(dict.fromkeys(arm for each in outcomes for arm, _, _ in arms(each)))
