"""The page of the map: where the pictures of a version lie, and what they are coloured by.

Points go to the browser as arrays: places in 16 bits, rows of the version, and for each column a
code a point with a legend. Small pictures that represent regions come as one picture, made in the
background.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realsyn_tasks.analyze.group import GROUP
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.datasets.gallery_index import Gallery
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.pictures.pixels import BROKEN
from realsyn_tasks.report.analysis import newest
from realsyn_tasks.views import withheld
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.background import Background
from realsyn_tasks.views.galleries import gallery_of, version_of
from realsyn_tasks.views.pair_analysis import Analysed, analysed
from realsyn_tasks.views.pair_pictures import bounded

READING, DRAWING, READY, NONE = "reading", "drawing", "ready", "none"
STEPS = 65535  # of a coordinate
NAMED = 15  # entries of a legend, and one for all others
BANDS = 10  # of a score
ACROSS = 24  # regions of the map, each way, that have a picture at most
SIDE, COLUMNS = 64, 16  # px of a small picture; pictures in a row of all
QUALITY = 78
DAG = "realsyn_analyze"
TOLD = (
    *("image_id", "key", "text1", "syn_text", "recaption", "caption", "alt", "licence"),
    *("document_url", "cluster_id", "realistic_scores", "syn_score"),
)
_ATLASES = Background(most=4)
Values = NDArray[Any]


def image_map(root: str, *, version: str) -> dict[str, Any]:
    """Give the points of a version's map; `none` and how to get one where it has none."""
    chosen = version_of(root, version)
    about = {"version": chosen.path.removeprefix(f"{DATASETS}/"), "pairs": chosen.manifest.pairs}
    gallery = gallery_of(chosen)
    known = None if gallery is None else analysed(gallery)
    if gallery is None or known is None:
        return {**about, "state": READING}
    known = withheld.of_map(gallery, known)
    if not len(known.rows):
        return {**about, "state": NONE, "dag": DAG, "uri": chosen.uri}
    return {**about, "state": READY, **_points(gallery, known), "record": _record(chosen)}


def _points(gallery: Gallery, known: Analysed) -> dict[str, Any]:
    low, scale = _box(known.places)
    steps = np.rint((known.places - low) / scale * STEPS).astype("<u2")
    return {
        "points": len(known.rows),
        "low": low.tolist(),
        "scale": scale,  # of the map's units, from one end of the plane to the other
        "x": _packed(steps[:, 0]),
        "y": _packed(steps[:, 1]),
        "rows": _packed(known.rows.astype("<u4")),
        "shown": _packed(_representatives(known.places).astype("<u4")),
        "columns": list(_columns(gallery, known)),
    }


def _box(places: Values) -> tuple[Values, float]:
    """Give the lower corner of the square that holds all places, and its side."""
    low, high = places.min(axis=0).astype(np.float64), places.max(axis=0).astype(np.float64)
    side = max(float((high - low).max()), 1e-6)
    return (low + high - side) / 2, side


def _packed(values: Values) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _representatives(places: Values) -> Values:
    """Give of each region the point that is nearest to the middle of its points; crowds first."""
    low, side = _box(places)
    cells = np.minimum((places - low) / side * ACROSS, ACROSS - 1).astype(np.int64)
    _, codes, counts = np.unique(cells @ [ACROSS, 1], return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(codes, weights=axis) for axis in places.T], axis=1)
    gaps = ((places - (sums / counts[:, None])[codes]) ** 2).sum(axis=1)
    order = np.lexsort((np.arange(len(places)), gaps, codes))
    firsts = order[np.concatenate([[0], np.cumsum(counts)[:-1]])]
    chosen: Values = firsts[np.argsort(-counts, kind="stable")]
    return chosen[: COLUMNS * COLUMNS]


def _columns(gallery: Gallery, known: Analysed) -> Iterator[dict[str, Any]]:
    """Give what points may be coloured by; entries say how the page of pairs is asked for them."""
    columns, rows = gallery.known.columns, known.rows
    domains, licences = gallery.known.domains, gallery.known.licences
    yield _named("cluster", columns["cluster"][rows], lambda code: f"cluster {code}", str)
    if known.topics is not None:
        words = known.words
        yield _named("topic", known.topics[rows], lambda c: words.get(c, f"topic {c}"), str)
    yield _banded("score", columns["score"][rows])
    yield _banded("syn_score", columns["syn_score"][rows])
    yield _named("domain", columns["domain"][rows], domains.__getitem__, domains.__getitem__)
    yield _named("licence", columns["licence"][rows], licences.__getitem__, licences.__getitem__)


def _named(
    column: str, values: Values, name_of: Callable[[int], str], asked_as: Callable[[int], str]
) -> dict[str, Any]:
    """Code a column by its most frequent values; then all others, then those that have none."""
    different, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(-np.where(different < 0, -1, counts), kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    named = [int(v) for v in different[order][:NAMED] if v >= 0]
    others = len(named)
    codes = np.where(values < 0, others + 1, np.minimum(ranks[places], others))
    legend: list[dict[str, Any]] = [
        {"name": name_of(value), "asked": asked_as(value)} for value in named
    ]
    legend += [{"name": "all others", "asked": None}, {"name": "none", "asked": None}]
    return _coded(column, codes, legend, ordered=False)


def _banded(column: str, values: Values) -> dict[str, Any]:
    """Code a column of numbers by bands of the same width, between its 1st and 99th percentile."""
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, [1, 99]) if len(known) else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 1e-6), BANDS + 1)
    codes = np.digitize(np.nan_to_num(values), edges[1:-1])
    codes[~np.isfinite(values)] = BANDS
    legend: list[dict[str, Any]] = [
        {"name": f"{a:.2f} to {b:.2f}", "asked": f"{a:.4f}..{b:.4f}"} for a, b in _runs(edges)
    ]
    legend[0] = {"name": f"below {edges[1]:.2f}", "asked": f"..{edges[1]:.4f}"}
    legend[-1] = {"name": f"{edges[-2]:.2f} and more", "asked": f"{edges[-2]:.4f}.."}
    return _coded(column, codes, [*legend, {"name": "none", "asked": None}], ordered=True)


def _runs(edges: Values) -> Iterator[tuple[float, float]]:
    yield from zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def _coded(
    column: str, codes: Values, legend: list[dict[str, Any]], ordered: bool
) -> dict[str, Any]:
    """Give a column without the entries at its end that no point has."""
    counts = np.bincount(codes, minlength=len(legend)).tolist()
    entries = [{**entry, "count": count} for entry, count in zip(legend, counts, strict=True)]
    packed = _packed(codes.astype(np.uint8))
    return {"name": column, "ordered": ordered, "codes": packed, "legend": entries}


def _record(version: Version) -> dict[str, Any]:
    """Tell how the map was made: by which encoder, and how well it holds neighbours."""
    analysis = newest(version)
    if analysis is None:
        return {}
    [handed_on] = [each for each in GROUP.hands_on if each.name == "map"]
    [commit] = Evidence(analysis.run, GROUP.name).commits(handed_on.stage)
    settings = analysis.run.config.stages[handed_on.stage]
    encoder = version.manifest.models.get("encoder", "")
    chosen = {name: value for name, value in settings.items() if name != "frozen"}
    return {"encoder": encoder, "analysis": analysis.run.folder, "settings": chosen} | dict(
        commit.measures
    )


def map_atlas(root: str, *, version: str) -> dict[str, Any]:
    """Give the small pictures of `shown` points as one JPEG, in base64, row by row."""
    chosen = version_of(root, version)
    gallery = gallery_of(chosen)
    known = None if gallery is None else analysed(gallery)
    if gallery is None or known is None:
        return {"state": READING}
    known = withheld.of_map(gallery, known)
    if not len(known.rows):
        raise Unknown(f"{version} has no map: start {DAG} for it")
    rows = known.rows[_representatives(known.places)]
    atlas = _ATLASES.ready((chosen.uri, rows.tobytes()), lambda: _drawn(gallery, rows))
    if atlas is None:
        return {"state": DRAWING}
    return {"state": READY, "side": SIDE, "columns": COLUMNS, "picture": atlas}


def _drawn(gallery: Gallery, rows: Values) -> str:
    """Draw pictures beside each other; one that cannot be read leaves its place empty."""
    height = math.ceil(len(rows) / COLUMNS) * SIDE
    atlas = Image.new("RGB", (COLUMNS * SIDE, height), "#808080")
    for place, row in enumerate(rows.tolist()):
        with suppress(*BROKEN):
            small = _square(bounded(gallery.picture(row), 2 * SIDE))
            atlas.paste(small, (place % COLUMNS * SIDE, place // COLUMNS * SIDE))
    out = io.BytesIO()
    atlas.save(out, "JPEG", quality=QUALITY)
    return base64.b64encode(out.getvalue()).decode()


def _square(picture: Image.Image) -> Image.Image:
    """Cut the middle out of a picture, and make it small."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    middle = picture.convert("RGB").crop((left, top, left + side, top + side))
    return middle.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def map_pair(root: str, *, version: str, row: int) -> dict[str, Any]:
    """Give what is shown of a point: its texts and scores, by its row in the version."""
    gallery = gallery_of(version_of(root, version))
    if gallery is None:
        return {"state": READING}
    if not 0 <= row < gallery.known.pairs:
        raise Unknown(f"{version} has {gallery.known.pairs} pairs; there is no row {row}")
    about: Mapping[str, Any] = gallery.about(withheld.require_shown(gallery, row))
    return {"state": READY, "row": row, **{name: about.get(name) for name in TOLD}}


VIEWS = (image_map, map_atlas, map_pair)
