"""Measures over what was trained with: over pairs, over captions left, over skew of sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.evaluate.answered import ByPupil, Pupil
from realsyn_tasks.evaluate.arms import skew_left
from realsyn_tasks.evaluate.bootstrap import Answers, Bootstrap, Interval, difference
from realsyn_tasks.evaluate.protocol import Arm, Curve
from realsyn_tasks.evaluate.scaling import LEAST_POINTS, Fit, fit

Row = dict[str, Any]
Numbers = NDArray[np.float64]
MEASURED, DIFFERENCE, FITTED, EXTRAPOLATED = "measured", "difference", "fitted", "extrapolated"
SMOOTH = 24  # points of a fitted curve between those measured
FITS = 200  # of the resamples, for the interval of a fit
DIGITS = 6


class Known(NamedTuple):
    """What curves are drawn with."""

    arms: Mapping[str, Arm]
    trainings: Sequence[Row]
    lessons: Mapping[int, Lessons]  # by version
    bootstrap: Bootstrap


class Lessons(NamedTuple):
    """What there is to learn from, before an arm draws of it."""

    caption_share: float
    clusters: Sequence[int]  # of each picture


class Point(NamedTuple):
    """An arm's answers at a place of a curve; arms that differ by their skew alone are one."""

    x: float
    pupil: Pupil
    answers: Answers


def lessons_of(lessons: pa.Table) -> dict[int, Lessons]:
    """Give for each version which share of its lessons has a caption, and their clusters."""
    by_version: dict[int, list[Row]] = {}
    for row in lessons.to_pylist():
        by_version.setdefault(row["version"], []).append(row)
    return {version: _lessons(rows) for version, rows in by_version.items()}


def _lessons(rows: list[Row]) -> Lessons:
    captions = sum(row["has_caption"] for row in rows)
    return Lessons(captions / len(rows), [row["cluster_id"] for row in rows])


def draw(curve: Curve, by: ByPupil, known: Known) -> tuple[list[Row], list[Row]]:
    """Give the rows of CURVES and of FITS of a curve."""
    points = sorted(_points(curve, by, known), key=lambda point: (point.x, point.pupil))
    rows = [*_rows(curve, points, MEASURED, known), *_differences(curve, points, known)]
    fits: list[Row] = []
    for (version, line), some in _lines(points, known).items() if curve.fitted else ():
        drawn, told = _fitted(curve, line, version, some, known)
        rows += drawn
        fits.append(told)
    return rows, fits


def _points(curve: Curve, by: ByPupil, known: Known) -> Iterator[Point]:
    for pupil, answers in by.items():
        some = {name: a for name, a in answers.items() if not curve.sets or name in curve.sets}
        if pupil.arm in curve.arms and some:
            line = pupil._replace(arm=_line(curve, pupil.arm, known))
            yield Point(_x(curve, pupil, known), line, some)


def _line(curve: Curve, arm: str, known: Known) -> str:
    """Name the line that an arm is a place of: by the first arm with but another skew."""
    if curve.over != "skew":
        return arm
    return next(name for name in curve.arms if _unskewed(name, known) == _unskewed(arm, known))


def _unskewed(arm: str, known: Known) -> str:
    return str(known.arms[arm].model_dump(mode="json", exclude={"skew", "words"}))


def _x(curve: Curve, pupil: Pupil, known: Known) -> float:
    lessons = known.lessons[pupil.version]
    if curve.over == "caption_share":
        return lessons.caption_share
    if curve.over == "skew":
        return skew_left(lessons.clusters, known.arms[pupil.arm].skew)
    mine = [t for t in known.trainings if (t["version"], t["arm"]) == tuple(pupil)]
    return float(np.mean([each["pictures"] for each in mine])) / curve.unit


def _rows(curve: Curve, points: Sequence[Point], kind: str, known: Known) -> Iterator[Row]:
    intervals = known.bootstrap.intervals([point.answers for point in points]) if points else []
    for point, interval in zip(points, intervals, strict=True):
        yield _row(curve, point.pupil, point.x, interval, kind)


def _differences(curve: Curve, points: Sequence[Point], known: Known) -> Iterator[Row]:
    """Give how much better than the first arm the others are, where they meet at one place."""
    if curve.over == "pairs":
        return
    first = {(p.pupil.version, p.x): p for p in points if p.pupil.arm == curve.arms[0]}
    others = [
        point._replace(answers=difference(point.answers, there.answers))
        for point in points
        if point.pupil.arm != curve.arms[0] and (there := first.get((point.pupil.version, point.x)))
    ]
    yield from _rows(curve, others, DIFFERENCE, known)


def _lines(points: Sequence[Point], known: Known) -> dict[tuple[int, str], list[Point]]:
    """Give the points that differ by their size alone, by version and the arm that is largest.

    Where versions are sizes, and none has points enough of its own, a line goes through them all
    (version -1).
    """
    lines: dict[tuple[int, str], list[Point]] = {}
    for point in points:
        kind = _kind(known.arms[point.pupil.arm])
        lines.setdefault((point.pupil.version, kind), []).append(point)
    if lines and max(map(_sizes, lines.values())) < LEAST_POINTS:
        joined: dict[tuple[int, str], list[Point]] = {}
        for (_, kind), some in lines.items():
            joined.setdefault((-1, kind), []).extend(some)
        lines = joined
    named = {(v, max(some)[1].arm): some for (v, _), some in lines.items()}
    return {line: some for line, some in named.items() if _sizes(some) >= LEAST_POINTS}


def _sizes(points: Sequence[Point]) -> int:
    return len({point.x for point in points})


def _kind(arm: Arm) -> str:
    """Tell an arm but for its size: all of the pairs are random ones, too."""
    told = arm.model_dump(mode="json", exclude={"pairs", "words"})
    return str({**told, "sampling": "random" if arm.sampling == "all" else arm.sampling})


def _fitted(
    curve: Curve, line: str, version: int, points: Sequence[Point], known: Known
) -> tuple[list[Row], Row]:
    """Fit a line, and each of some resampled ones: where these lie is the interval."""
    x = np.array([point.x for point in points])
    means = known.bootstrap.means([point.answers for point in points])
    measured = np.array([np.mean([a.mean() for a in p.answers.values()]) for p in points])
    best, others = fit(x, measured), [fit(x, row) for row in means[:FITS]]
    told: Row = {"curve": curve.name, "arm": line, "version": version}
    for name in ("a", "b", "c"):
        low, high = _between([getattr(each, name) for each in others], known)
        given = {name: getattr(best, name), f"{name}_low": low, f"{name}_high": high}
        told |= {column: round(value, DIGITS) for column, value in given.items()}
    places = {FITTED: np.geomspace(x.min(), x.max(), SMOOTH)}
    places[EXTRAPOLATED] = np.array(curve.extrapolated, dtype=np.float64) / curve.unit
    rows = [
        _row(curve, Pupil(version, line), place, _at(place, best, others, known), kind)
        for kind, some in places.items()
        for place in some.tolist()
        if place >= x.min()
    ]
    return rows, told


def _at(place: float, best: Fit, others: Sequence[Fit], known: Known) -> Interval:
    at = np.array([place])
    low, high = _between([float(each(at)[0]) for each in others], known)
    return Interval(float(best(at)[0]), low, high)


def _between(values: Sequence[float], known: Known) -> tuple[float, float]:
    level = known.bootstrap.level
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return low, high


def _row(curve: Curve, pupil: Pupil, x: float, interval: Interval, kind: str) -> Row:
    numbers = {"x": x, "value": interval.value, "low": interval.low, "high": interval.high}
    return {
        "curve": curve.name,
        **pupil._asdict(),
        **{name: round(value, DIGITS) for name, value in numbers.items()},
        "kind": kind,
    }
