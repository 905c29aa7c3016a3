"""Which pairs of a published version are under a tombstone by now.

The version itself never changes; what is made of it for people to look at leaves these out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.datasets import index
from realsyn_tasks.datasets.gallery_columns import Values
from realsyn_tasks.datasets.versions import Version


def places_of(version: Version) -> Values:
    """Give the pairs whose picture, page or text was taken down: shard << 32 | row; (n,) int64."""
    parts = [np.zeros(0, dtype=np.int64)]
    known = None
    for kind, values in _asked(version.storage).items():
        known = known or index.of_version(version)
        keys = [index.key_of(Entry(kind, value)) for value in values]
        hits = index.look_up(version.storage, known, keys)
        meant = hits[np.isin(hits["what"], [int(what) for what in index.OF_KIND[kind]])]
        parts.append(index.places_of(meant).astype(np.int64))
    places: Values = np.unique(np.concatenate(parts))
    return places


def rows_of(places: Values, starts: Values) -> Values:
    """Number such places over all shards, of which these are the first rows; (n,) int64."""
    rows: Values = starts[places >> 32] + (places & 0xFFFFFFFF)
    return rows


def _asked(storage: Storage) -> Mapping[str, set[str]]:
    """Give the entries of all requests that hold, by kind."""
    values: dict[str, set[str]] = {}
    for line in tombstones.state(storage).log:
        for kind, some in tombstones.read(storage, line.request).entries.items():
            values.setdefault(kind, set()).update(some)
    return values
