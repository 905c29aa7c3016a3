"""What pages show no more: of published versions and open builds, what was taken down since.

A version never changes, and a build is as it was opened; but nobody is served what is under a
tombstone. So every page that shows pairs or pictures asks here first. What was found is kept in
memory until another request is filed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.datasets import withheld
from realsyn_tasks.datasets.gallery_columns import Values
from realsyn_tasks.datasets.gallery_index import Gallery
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.pair_analysis import Analysed

SAID = "was taken down: nothing of it is shown"
_PLACES: Recent[Values] = Recent(32)
_IMAGES: Recent[pa.Array] = Recent(8)
Log = tuple[tuple[str, int], ...]


def rows_of(gallery: Gallery) -> Values:
    """Give the pairs of a version that nobody is to see: of a picture, page or text taken down."""
    return withheld.rows_of(places_of(gallery.version), gallery.starts)


def require_shown(gallery: Gallery, row: int) -> int:
    """Give a row that may be shown; Unknown for one that was taken down."""
    if np.isin(row, rows_of(gallery)):
        raise Unknown(f"row {row} of {gallery.version.path} {SAID}")
    return row


def of_map(gallery: Gallery, known: Analysed) -> Analysed:
    """Leave out of a map what was taken down."""
    shown = ~np.isin(known.rows, rows_of(gallery))
    return replace(known, rows=known.rows[shown], places=known.places[shown])


def places_of(version: Version) -> Values:
    """Give the places of those pairs, shard << 32 | row; (n,) int64."""
    log = _log(version.storage)
    return _PLACES.of((version.uri, log), lambda: withheld.places_of(version))


def pictures(storage: Storage, ids: pa.ChunkedArray) -> Values:
    """Say which pictures of a corpus were taken down, whatever a build is pinned to; (n,) bool."""
    log = _log(storage)
    gone = _IMAGES.of((storage.uri, log), lambda: pa.array(sorted(_images(storage)), pa.string()))
    mask: Values = pc.is_in(ids, value_set=gone).to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _images(storage: Storage) -> Iterator[str]:
    state = tombstones.state(storage)
    for generation in generations(storage) if state.log else ():
        table = removals.list_of(storage, generation, state)
        yield from table.filter(pc.equal(table["kind"], "image"))["id"].to_pylist()


def _log(storage: Storage) -> Log:
    """Tell one state of the log from another by a listing alone."""
    return tuple(storage.listing(tombstones.LOG))
