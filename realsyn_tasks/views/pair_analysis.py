"""What the analysis of a version knows of its pairs: topics, and places on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.analyze.group import GROUP
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.gallery_columns import Values
from realsyn_tasks.datasets.gallery_index import Gallery
from realsyn_tasks.kinds import ANALYSIS
from realsyn_tasks.report.analysis import newest
from realsyn_tasks.views.background import Background

_ANALYSED = Background(most=4)
CORNERS = 500  # of a lasso, at most
KEY_PLACES = 100_000  # of a shard, that the second half of a key counts


@dataclass(frozen=True)
class Analysed:
    """Topics of pairs, and where the pictures of some of them lie."""

    topics: Values | None  # (n,) int32; -1: of none
    words: dict[int, str]  # of a topic
    rows: Values  # that lie on the map
    places: Values  # (n, 2) float32


NOTHING = Analysed(None, {}, np.zeros(0, np.int64), np.zeros((0, 2), np.float32))


def analysed(gallery: Gallery) -> Analysed | None:
    """Give what is known of a version, maybe nothing; None while it is being read."""
    storage = gallery.version.storage
    return _ANALYSED.ready((gallery.version.uri, _state(storage)), lambda: _read(gallery))


def _state(storage: Storage) -> tuple[tuple[str, str], ...]:
    """Tell whether an analysis has come to its end since."""
    folders = storage.folders(ANALYSIS.folder)
    return tuple((f, storage.tag(f"{f}/_promoted/{GROUP.name}.json")) for f in folders)


def _read(gallery: Gallery) -> Analysed:
    analysis = newest(gallery.version)
    if analysis is None:
        return NOTHING
    words = {row["topic"]: row["name"] for row in analysis.rows("topics")}
    pairs, places = analysis.table("topic_pairs"), analysis.table("map")
    return Analysed(_topics(gallery, pairs), words, *_places(gallery, places))


def _topics(gallery: Gallery, pairs: pa.Table | None) -> Values | None:
    if pairs is None:
        return None
    topics = np.full(gallery.known.pairs, -1, dtype=np.int32)
    topics[rows_of_keys(gallery, pairs["key"].to_pylist())] = pairs["topic"].to_numpy()
    return topics


def _places(gallery: Gallery, places: pa.Table | None) -> tuple[Values, Values]:
    if places is None:
        return NOTHING.rows, NOTHING.places
    at = np.column_stack([places["x"].to_numpy(), places["y"].to_numpy()])
    return rows_of_keys(gallery, places["key"].to_pylist()), at


def rows_of_keys(gallery: Gallery, keys: list[str]) -> Values:
    """Give the rows of pairs by their keys."""
    numbers = np.array([int(key) for key in keys], dtype=np.int64)
    rows: Values = gallery.starts[numbers // KEY_PLACES] + numbers % KEY_PLACES
    return rows


def within(known: Analysed, lasso: str) -> Values:
    """Give the rows whose pictures lie in a polygon of the map: "x1,y1,x2,y2,x3,y3,..."."""
    corners = _corners(lasso)
    if not len(known.rows):
        raise ConfigError("this version has no map: start realsyn_analyze for it")
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((known.places >= low) & (known.places <= high)).all(axis=1))
    x, y = known.places[near].T
    inside = np.zeros(len(near), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            inside ^= crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    rows: Values = known.rows[near[inside]]
    return rows


def _corners(lasso: str) -> Any:
    try:
        numbers = np.array([float(each) for each in lasso.split(",")], dtype=np.float64)
    except ValueError:
        numbers = np.zeros(0)
    if len(numbers) % 2 or not 6 <= len(numbers) <= 2 * CORNERS or not np.isfinite(numbers).all():
        raise ConfigError(f"lasso is no polygon: x1,y1,x2,y2,... of 3 to {CORNERS} corners")
    return numbers.reshape(-1, 2)
